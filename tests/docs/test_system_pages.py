"""Each page of a system and its contracts agree: statuses, keys, managers, what is unverified."""

import re
from pathlib import Path

import pytest

from data_contracts.export_contract import ExportContract, WorkerField
from tasks.extract.contracts import list_published, read_contract

SYSTEMS = Path(__file__).resolve().parents[2] / "docs" / "systems"
PAGES = sorted(path for path in SYSTEMS.glob("*.md") if path.name != "README.md")
LINK = re.compile(r"published/([\w-]+)\.odcs\.yaml")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def contracts_of(page: Path) -> list[ExportContract]:
    return [read_contract(name, Path()) for name in dict.fromkeys(LINK.findall(read(page)))]


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def test_every_published_contract_has_exactly_one_page() -> None:
    told = [name for page in PAGES for name in set(LINK.findall(read(page)))]
    assert sorted(told) == sorted(list_published())


def test_the_list_of_systems_names_every_page_and_every_contract() -> None:
    index = read(SYSTEMS / "README.md")
    rows = dict(re.findall(r"^\| \[[^\]]+\]\(([\w-]+\.md)\) \| (.+) \|$", index, re.MULTILINE))
    assert rows.keys() == {page.name for page in PAGES}
    for page in PAGES:
        assert set(re.findall(r"`([\w-]+)`", rows[page.name])) == set(LINK.findall(read(page)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_tells_what_to_export_what_is_checked_and_what_is_not_verified(page: Path) -> None:
    headings = re.findall(r"^## (.+)$", read(page), re.MULTILINE)
    for heading in (
        "What to export",
        "Contracts",
        "What is checked",
        "Traps that are known",
        "Not verified",
    ):
        assert headings.count(heading) == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_every_status_with_what_it_means(page: Path) -> None:
    text = read(page)
    for contract in contracts_of(page):
        if contract.status is None:
            assert re.search(rf"`{contract.name}`[^.]* no status", in_one_line(text))
            continue
        for status, state in contract.status.states.items():
            shown = "(empty)" if not status else "`" + status.replace("|", "\\|") + "`"
            assert f"| {shown} | {state} |" in text, contract.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_repeats_what_nobody_has_verified_and_nothing_else(page: Path) -> None:
    listed = read(page).partition("## Not verified")[2]
    told = set(re.findall(r"^- `([\w-]+)`: (.+)$", listed, re.MULTILINE))
    assert told == {(c.name, text) for c in contracts_of(page) for text in c.unverified}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_the_key_and_what_managers_are_named_by(page: Path) -> None:
    for contract in contracts_of(page):
        (row,) = [
            line for line in read(page).splitlines() if line.startswith(f"| [`{contract.name}`")
        ]
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert cells[2] == f"`{contract.key}`"
        manager = contract.meanings.get(WorkerField.MANAGER)
        if manager is None:
            assert cells[3] == "none is read"
        elif contract.manager_by is not None:
            assert cells[3] == f"`{manager}`, as {str(contract.manager_by).replace('_', ' ')}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_whether_absence_means_anything(page: Path) -> None:
    rosters = {contract.complete_roster for contract in contracts_of(page)}
    text = in_one_line(read(page))
    assert ("says nothing: only a status makes a leaver" in text) == (rosters == {False})
    assert ("means that somebody left (`completeRoster`)" in text) == (rosters == {True})
