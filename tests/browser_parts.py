"""A headless browser for what people see, and the pictures that it keeps when asked to.

With SCIMFLOW_SCREENSHOTS=1 pages are kept as pictures in docs/images/; SCIMFLOW_LAST_PAGE names a
file for the page at which a test failed.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
PATIENCE_MS = 60_000

no_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="no chromium on this machine")


@contextmanager
def opened_page() -> Iterator[Any]:
    """A page of a browser. No command may run meanwhile: its event loop is this thread's."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1200, "height": 840})
        page.set_default_timeout(PATIENCE_MS)
        try:
            yield page
        except BaseException:
            if file := os.environ.get("SCIMFLOW_LAST_PAGE"):  # to look at after a failure
                page.screenshot(path=file)
            raise
        finally:
            browser.close()


def keep(page: Any, name: str) -> None:
    if os.environ.get("SCIMFLOW_SCREENSHOTS"):
        IMAGES.mkdir(exist_ok=True)
        page.wait_for_timeout(1500)  # the timeline is drawn when everything else is there
        page.screenshot(path=str(IMAGES / f"{name}.png"))
