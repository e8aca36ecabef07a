"""An admin's way in the Prefect UI: a suspended run, what it would do, the form, and its end.

Server and worker are started anew while the run waits; the server keeps its runs in PostgreSQL, as
deployments/compose.yaml has it. With SCIMFLOW_SCREENSHOTS=1 the pages are
kept as pictures in docs/images/.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from examples import servers
from tests.approval_parts import POOL, deploy
from tests.browser_parts import keep, no_browser, opened_page
from tests.command_parts import TODAY, Company, company, person
from tests.postgresql_parts import whole_postgresql
from tests.prefect_parts import PrefectServer, quiet_settings
from tests.two_workers import new_database
from tests.worker_parts import worker

pytestmark = no_browser

SUBMITS_MAX = 20
"""A busy server may turn down the first ones."""


@pytest.fixture
def database() -> Iterator[str]:
    """URL of an empty database on a PostgreSQL server, for Prefect's server."""
    with whole_postgresql() as url:
        found = sa.make_url(new_database(url, "prefect")).set(drivername="postgresql+asyncpg")
        yield found.render_as_string(hide_password=False)


@contextmanager
def server_at(server: PrefectServer, database: str) -> Iterator[None]:
    """A Prefect server with a database that has its tables, or not yet."""
    quiet = {**quiet_settings(server.home), "PREFECT_SERVER_UI_API_URL": server.api}
    quiet["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = database
    port = int(server.url.rpartition(":")[2])
    with servers.running(
        "Prefect's server", servers.prefect_arguments(port), quiet, server.home / "server.log"
    ) as process:
        process.wait_until(lambda: servers.answers(f"{server.api}/health"), lambda name, s: None)
        yield


@pytest.fixture
def server(tmp_path: Path) -> PrefectServer:
    home = tmp_path / "prefect"
    home.mkdir()
    return PrefectServer(f"http://{servers.LOOPBACK}:{servers.free_port()}", home)


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    folder = tmp_path / "acme"
    folder.mkdir()
    with company(folder) as acme:
        acme.settings({"guardrails": {"deactivations": {"max": 1}}})
        acme.sync("2026-02-27")
        acme.export(person(1, title="Head of IT"))
        yield acme


def test_an_admin_reads_and_approves_in_the_browser_over_a_restart(
    acme: Company, server: PrefectServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server_at(server, database), server.used_here(monkeypatch):
        deployed = deploy(acme, server)
        with worker(server, POOL, server.home):
            run_id = deployed.suspended()
    assert deployed.acme.say("history", "--json").document["runs"][0]["state"] == "waiting"
    hosts: set[str] = set()
    with (
        server_at(server, database),
        server.used_here(monkeypatch),
        worker(server, POOL, server.home),
        opened_page() as page,
    ):
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.goto(f"{server.url}/dashboard")
        page.get_by_text("Flow Runs").first.wait_for()
        keep(page, "dashboard")
        page.goto(f"{server.url}/runs/flow-run/{run_id}")
        page.get_by_text("Artifacts", exact=True).last.click()
        page.get_by_text("Suspended", exact=True).first.wait_for()
        page.get_by_text("workspace-approval").first.wait_for()
        keep(page, "suspended-run")
        page.get_by_text("workspace-approval").first.click()
        page.get_by_text("Waiting for approval: workspace").first.wait_for()
        assert "2 accounts would be deactivated" in page.content()
        keep(page, "approval-page")
        link = page.get_by_role("link", name="What would happen to whom, and why").first
        page.goto(server.url + str(link.get_attribute("href")))
        page.get_by_text("person2@acme.example").first.wait_for()
        assert "Family" not in page.content()
        keep(page, "held-plan")
        page.goto(f"{server.url}/runs/flow-run/{run_id}")
        fill_the_form(page)
        page.get_by_text("Completed", exact=True).first.wait_for()
        page.get_by_text(f"workspace-{TODAY}").first.wait_for()
        page.goto(f"{server.url}/runs/flow-run/{run_id}")
        page.get_by_text("Artifacts", exact=True).last.click()
        keep(page, "approved-run")
        page.get_by_text("workspace-last-runs").first.click()
        image = page.locator("img[src^='data:image/svg+xml']").first
        image.wait_for()
        assert image.evaluate("each => each.complete && each.naturalWidth > 100")
        keep(page, "last-runs")
        page.goto(f"{server.url}/runs/flow-run/{run_id}")
        page.get_by_text("Artifacts", exact=True).last.click()
        page.get_by_text("workspace-summary").first.click()
        page.get_by_text("2 deactivated").first.wait_for()
        keep(page, "approved-run-summary")
        page.goto(f"{server.url}/deployments/deployment/{deployed.deployment}/run")
        page.get_by_text("configuration", exact=False).first.wait_for()
        keep(page, "deployment-form")
    assert hosts == {server.url.partition("://")[2]}
    record = deployed.ledger_run(run_id)
    assert record["state"] == "completed"
    [said] = deployed.lines(record["run_id"], "approve")
    assert said["explanation"].startswith("Grace Holt released the plan")
    assert said["explanation"].endswith("(Prefect UI)")
    assert said["detail"] == "two people moved to the other company"
    assert sum(user["active"] for user in acme.users().values()) == 1


def fill_the_form(page: Any) -> None:
    """Answer as a person does: open the form, choose, write, submit."""
    page.get_by_role("button", name="Resume").click()
    form = page.get_by_role("dialog")
    form.get_by_text("Carry this plan out?").wait_for()
    assert "2 to deactivate" in form.inner_text()
    keep(page, "approval-form")

    def field(name: str) -> Any:
        return form.locator(".schema-form-property").filter(has_text=name)

    # a click alone opens nothing in a headless browser
    field("Decision").locator("button.p-select-button__control").focus()
    page.keyboard.press("ArrowDown")
    page.locator(".p-select-option").filter(has_text="approve").click()
    field("Reviewer").locator("textarea").fill("Grace Holt")
    field("Reason").locator("textarea").fill("two people moved to the other company")
    keep(page, "approval-form-filled")
    submit = form.get_by_role("button", name="Submit")
    submit.click()
    for _ in range(SUBMITS_MAX):
        page.wait_for_timeout(3000)
        if not submit.count():
            return
        # "Oops": the server's SQLite was too busy (503); its message may lie over the button
        submit.dispatch_event("click")
