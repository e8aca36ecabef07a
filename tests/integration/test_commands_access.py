"""`scimflow access` and `scimflow report`: what an auditor asks, of days that were lived."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from data_contracts.errors import EXIT_USAGE
from tests.command_parts import Company, company, person

RULES = {
    "roles": {
        "default": "contributor",
        "rules": [
            {
                "role": "maker",
                "any_of": [{"all_of": [{"column": "department", "value": "Research"}]}],
            }
        ],
    },
}


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Two are makers from the start; 00001 becomes one, and 00003 leaves."""
    with company(tmp_path_factory.mktemp("acme")) as acme:
        acme.settings({"roles": RULES["roles"]})
        assert acme.sync().state == "completed"
        acme.export(person(1, department="Research"), person(2), person(3, last_day="2026-02-27"))
        assert acme.sync().state == "completed"
        yield acme


def this_month() -> str:
    return f"{datetime.now(UTC):%Y-%m}"


def test_each_time_of_access_names_row_rule_run_and_plan(acme: Company) -> None:
    rows = acme.say("access", "--json").document["access"]
    first, second = (row for row in rows if row["worker_key"] == "00001")
    assert (first["role"], first["end_reason"]) == ("contributor", "mover")
    assert (first["begin_reason"], first["begin_rule"]) == ("joiner", "roles.default")
    assert re.search(r"hr\.csv:2$", first["begin_rows"])
    assert first["begin_file_digests"].startswith("sha256:")
    assert (second["role"], second["begin_rule"], second["end"]) == ("maker", "roles.rules.0", None)
    assert second["begin"] == first["end"]
    assert second["begin_plan"].startswith("sha256:")
    (left,) = (row for row in rows if row["worker_key"] == "00003")
    assert (left["role"], left["end_reason"], left["due"]) == (
        "maker",
        "leaver",
        "2026-02-28T00:00:00+00:00",
    )


def test_one_person_a_day_and_a_role_are_asked_for(acme: Company) -> None:
    said = acme.say("access", "person1@acme.example")
    assert (said.code, "role maker" in said.out, "roles.rules.0" in said.out) == (0, True, True)
    assert "00002" not in said.out
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    makers = acme.say("access", "--at", today, "--role", "maker", "--json").document["access"]
    assert [row["worker_key"] for row in makers] == ["00001", "00002", "00003"]
    assert acme.say("access", "--to", "2020-01-01", "--json").document["access"] == []


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_it_is_written_as_the_file_is_called_and_for_its_owner_alone(
    acme: Company, ending: str
) -> None:
    file = acme.folder / f"access.{ending}"
    said = acme.say("access", "--output", file)
    assert (said.code, file.stat().st_mode & 0o777) == (0, 0o600)
    if ending == "csv":
        rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))
        assert len(rows) == 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("access", "--output", "access.xls"), ".csv, .json or .parquet"),
        (("access", "nobody"), "no person 'nobody'"),
        (("access", "--at", "yesterday"), "is not a day"),
        (("access", "--at", "2026-03-02", "--to", "2026-03-03"), "--at is one day"),
        (("access", "--from", "2026-03-03", "--to", "2026-03-01"), "is after"),
        (("report", "--month", "March"), "is not a month"),
        (("report", "--month", "2026-03", "-o", "nowhere"), "cannot be written"),
    ],
)
def test_a_wrong_question_is_told_what_to_ask(
    acme: Company, words: tuple[str, ...], told: str
) -> None:
    said = acme.say(*words)
    assert (said.code, told in said.text) == (EXIT_USAGE, True)


def test_explain_and_history_name_the_rule_that_gave_the_role(acme: Company) -> None:
    for command in ("explain", "history"):
        said = acme.say(command, "person1@acme.example")
        assert "role maker by roles.rules.0" in said.text


def test_explain_says_the_rule_in_words(acme: Company) -> None:
    said = acme.say("explain", "person1@acme.example")
    assert "maker, by roles.rules.0: department is Research" in said.text
    document = acme.say("explain", "person1@acme.example", "--json").document
    assert document["role_condition"] == "department is Research"


def test_the_month_is_told_as_html_and_markdown_without_personal_values(acme: Company) -> None:
    folder = acme.folder / "reports"
    folder.mkdir()
    said = acme.say("report", "--month", this_month(), "-o", folder)
    assert said.code == 0
    pages = sorted(folder.iterdir())
    assert [page.suffix for page in pages] == [".html", ".md"]
    for page in pages:
        text = page.read_text()
        assert page.stat().st_mode & 0o777 == 0o600
        assert "00003" in text
        assert not re.search("Given|Family|Title ", text)


def test_the_month_for_machines(acme: Company) -> None:
    document = acme.say("report", "--month", this_month(), "--json").document
    assert document["joiners"] == ["00001", "00002", "00003"]
    assert document["movers"] == ["00001"]
    assert [leaver["worker_key"] for leaver in document["leavers"]] == ["00003"]
    assert document["time_to_deprovision_s"]["max"] > 0
    assert document["with_access"] == {"at_start": 0, "at_end": 2}
    assert document["exceptions"]["held plans"] == 0
    empty = acme.say("report", "--month", "2020-01", "--json").document
    assert (empty["joiners"], empty["with_access"]["at_end"]) == ([], 0)


def test_the_ledger_is_whole_with_all_of_it(acme: Company) -> None:
    assert acme.say("ledger", "verify").code == 0
