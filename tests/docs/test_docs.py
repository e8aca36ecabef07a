"""README and docs agree with the code, and every link leads somewhere."""

import re
import textwrap
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from data_contracts import errors
from flows.cli import COMMANDS
from tasks.load.team_writer import CHUNK
from tests.builders import settings
from tests.command_parts import say

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {".venv", ".venv-constraints", ".demo", ".git", "runs", "dist", "data", ".hypothesis"}
SKIPPED |= {
    ".cache",
    ".venv-contracts",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".import_linter_cache",
}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def files(*endings: str) -> list[Path]:
    """The repository's files with these endings; what is made or copied from elsewhere is not."""
    found = []
    for path in sorted(ROOT.rglob("*")):
        parts = set(path.relative_to(ROOT).parts)
        if path.suffix in endings and path.is_file() and not parts & SKIPPED:
            found.append(path)
    return found


PAGES = files(".md")


def read(name: str | Path) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def project() -> Any:
    return tomllib.loads(read("pyproject.toml"))


@pytest.mark.parametrize("command", [*COMMANDS, "sandbox"])
def test_the_readme_names_every_command(command: str) -> None:
    assert re.search(rf"^\| `scimflow {command}\b", read("README.md"), re.MULTILINE)


def test_the_readme_names_no_command_that_is_not_there() -> None:
    named = re.findall(r"`?scimflow ([a-z]+)", read("README.md"))
    assert set(named) <= {*COMMANDS, "sandbox"}


def exit_codes(page: str) -> dict[int, str]:
    return {
        int(code): words for code, words in re.findall(r"^\s*\|?\s*(\d+) [| ]+(.+)", page, re.M)
    }


def test_the_readme_and_the_help_name_every_exit_code() -> None:
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    readme, page = read("README.md"), say("--help").out
    told = exit_codes(readme.partition("| exit code | means |")[2])
    assert told.keys() == exit_codes(page.partition("Exit codes:")[2]).keys() == codes


def test_the_reference_of_the_settings_is_the_one_that_the_settings_write() -> None:
    assert say("config", "reference").out == read("docs/settings.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_something_that_exists(page: Path) -> None:
    broken = []
    for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        place, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", place):
            continue
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_sentences_about_imports_are_those_that_are_checked() -> None:
    page = read("docs/architecture.md")
    told = re.findall(r"^\d+\. ([^*].+?)\.?$", page.partition("## Where to find")[0], re.MULTILINE)
    assert told == [contract["name"] for contract in project()["tool"]["importlinter"]["contracts"]]


def test_what_the_architecture_points_to_exists() -> None:
    table = read("docs/architecture.md").partition("## Where to find what")[2].partition("\n## ")[0]
    named = re.findall(r"`([\w./]+)`", table)
    assert len(named) > 20
    places = ("", "data_contracts/", "flows/", "tasks/plan/")
    missing = [n for n in named if not any((ROOT / place / n).exists() for place in places)]
    assert missing == []


def test_the_changelog_has_the_version_that_is_released() -> None:
    versions = re.findall(r"^## \[(\d[^\]]*)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == project()["project"]["version"]
    assert say("--version").out.strip() == versions[0]


def test_the_glossary_explains_each_word_once_and_the_closed_vocabularies() -> None:
    page = read("docs/glossary.md")
    explained = [w for ws in re.findall(r"^\| \*\*(.+?)\*\*", page, re.M) for w in ws.split(", ")]
    assert len(explained) == len(set(explained))
    for word in ("linked", "matched", "missing", "orphaned", "ambiguous", "conflicting"):
        assert word in page
    for word in ("active", "future", "on leave", "suspended", "leaver"):
        assert word in page
    for word in ("create", "update", "deactivate", "reactivate"):
        assert word in page


def test_each_decision_is_in_the_list_of_decisions() -> None:
    listed = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", read("docs/decisions/README.md")))
    assert listed == {path.name for path in (ROOT / "docs" / "decisions").glob("0*.md")}


HOSTS = ("pypi" + ".org", "npm" + "js", "deb" + ".debian.org", "files." + "pythonhosted")


def test_no_file_names_the_host_of_a_package_registry() -> None:
    texts = files(".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".json", ".cfg", ".ini", ".sh")
    texts += [ROOT / "Makefile", *(ROOT / ".ci").iterdir()]
    named = [p for p in texts if any(host in p.read_text(encoding="utf-8") for host in HOSTS)]
    assert named == []


def test_the_page_about_teams_shows_settings_that_load_and_limits_that_are_so() -> None:
    page = read("docs/teams.md")
    section = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert section is not None
    rules = settings(textwrap.dedent(section[1])).teams
    assert rules is not None
    assert rules.name_of("insights") == "Data & Insights"
    limits = settings().guardrails
    assert f"| {limits.team_creates.max} new teams in one run |" in page
    removals = limits.team_removals
    share = round(100 * (removals.max_fraction or 0))
    assert f"{removals.max} removed members in one run, and {share} %" in page
    assert f"({removals.max_when_small} below {removals.small_population} of them)" in page
    assert f"PATCH requests of {CHUNK}" in page
