"""What the contracts say of exports as a page: one file, escaped, the same everywhere."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from data_contracts.errors import EXIT_CONTRACT, EXIT_USAGE
from tasks.report.markdown import check_markdown
from tests.command_parts import HEADER, Company, company, person
from tests.export_parts import check_published

NASTY = '<script src="http://evil.example/x.js">alert(1)</script>'
RENDERED = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "table", "tr",
    "th", "td", "pre",
}  # fmt: skip


class Seen(HTMLParser):
    """The elements and attributes of a page, and the text that a reader sees."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        acme.export(
            *(person(n) for n in range(1, 31)),
            person(31, employee_id='"' + NASTY.replace('"', '""') + '"', email=""),
            header=HEADER,
        )
        yield acme


def test_the_page_is_one_private_file_that_loads_and_runs_nothing(acme: Company) -> None:
    page = acme.folder / "hr.html"
    assert acme.say("check", "--html", page).code == 0
    seen = Seen(page.read_text(encoding="utf-8"))
    assert seen.elements <= RENDERED
    assert not seen.attributes & {"src", "href", "onclick", "onerror"}
    assert NASTY in seen.text  # the key, as text
    assert "default-src 'none'" in page.read_text()
    assert page.stat().st_mode & 0o777 == 0o600


def test_the_page_has_rules_lines_and_keys_and_no_other_cell(acme: Company) -> None:
    page = acme.folder / "hr.md"
    acme.say("check", "--markdown", page)
    text = page.read_text(encoding="utf-8")
    assert "hr:32" in text
    assert "sets the row aside | broken by 1 row | 32 |" in text
    for cell in ("person31@acme.example", "Given31", "Family31", "Title 31"):
        assert cell not in text


def test_file_run_folder_and_artifact_say_the_same(acme: Company) -> None:
    acme.say("check", "--html", acme.folder / "hr.html", "--markdown", acme.folder / "hr.md")
    checked = check_published("generic-hr", acme.folder / "hr.csv")
    # what the run publishes as artifact `workspace-contracts`
    artifact = check_markdown([checked.report])
    assert (acme.folder / "hr.md").read_text(encoding="utf-8") == artifact
    acme.sync()
    (kept,) = (acme.folder / "runs").glob("*/contracts.html")
    assert kept.read_text(encoding="utf-8") == (acme.folder / "hr.html").read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "contracts.html: what the data contracts say" in (
        kept.with_name("report.md").read_text(encoding="utf-8")
    )


def test_a_refused_export_has_its_page_too_and_a_page_that_cannot_be_written_is_told(
    acme: Company,
) -> None:
    acme.export(person(1, status="flying"))
    assert acme.say("check", "--html", acme.folder / "hr.html").code == EXIT_CONTRACT
    text = Seen((acme.folder / "hr.html").read_text(encoding="utf-8")).text
    assert "refused: nothing of it is used" in text
    assert "breaking change of the export" in text
    said = acme.say("check", "--html", acme.folder / "nowhere" / "hr.html")
    assert said.code == EXIT_USAGE
    assert "the page cannot be written: No such file or directory" in said.text
