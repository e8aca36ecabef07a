"""What an admin sees in the Prefect UI: a held run, why it is held, and how to go on.

With SCIMFLOW_SCREENSHOTS=1 the pages are kept as pictures in docs/images/.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.command_parts import TODAY, Company, person
from tests.prefect_parts import PrefectServer

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
PATIENCE_MS = 60_000

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium on this machine")


@contextmanager
def opened_page() -> Iterator[Any]:
    """A page of a browser. No command may run meanwhile: its event loop is this thread's."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(PATIENCE_MS)
        yield page
        browser.close()


def keep(page: Any, name: str) -> None:
    if os.environ.get("SCIMFLOW_SCREENSHOTS"):
        IMAGES.mkdir(exist_ok=True)
        page.wait_for_timeout(1500)  # the timeline is drawn when everything else is there
        page.screenshot(path=str(IMAGES / f"{name}.png"))


def test_a_held_run_shows_its_state_its_reason_and_its_summary(
    acme: Company, prefect: PrefectServer
) -> None:
    acme.settings({"guardrails": {"deactivations": {"max": 1}}})
    acme.sync()
    acme.export(person(1, title="Head of IT"))
    run = acme.say("sync", "--as-of", TODAY, "--json").document["run"]
    hosts: set[str] = set()
    url = f"{prefect.url}/runs/flow-run/{run['prefect_run_id']}"
    with opened_page() as page:
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.goto(url)
        page.get_by_text("Held", exact=True).first.wait_for()
        page.get_by_text(f"workspace-{TODAY}").first.wait_for()
        page.get_by_text("deactivations: 2 accounts would be deactivated").first.wait_for()
        keep(page, "held-run")
        page.get_by_text("Artifacts", exact=True).click()
        page.get_by_text("workspace-summary").first.click()
        page.get_by_text(f"scimflow approve {run['run_id']}").first.wait_for()
        keep(page, "held-run-summary")
        assert "Family" not in page.content()
        page.go_back()
        page.get_by_text("Artifacts", exact=True).click()
        page.get_by_text("workspace-operations").first.click()
        page.get_by_text("person2@acme.example").first.wait_for()
        keep(page, "held-run-operations")
    assert hosts == {prefect.url.partition("://")[2]}
