"""A source that gives attributes alone, beside HR: planned, reported, checked by the commands."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_contracts.errors import EXIT_CHANGES, EXIT_CONTRACT, SourceError
from tests.command_parts import Company, company, person
from tests.export_parts import custom, document

HEADER = "badge,person,room"


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        with_badges(acme, {})
        yield acme


def with_badges(acme: Company, changes: Mapping[str, Any]) -> None:
    """Lay a source of attributes beside HR."""
    columns = [
        {"name": "badge", "logicalType": "string", "primaryKey": True, "required": True},
        {"name": "person", "logicalType": "string"},
        {"name": "room", "logicalType": "string"},
    ]
    schema = {"customProperties": custom(maxQuarantinedFraction=0.5), "properties": columns}
    text = yaml.safe_dump(document(schema=schema), sort_keys=False)
    (acme.folder / "badges.odcs.yaml").write_text(text)
    badges = {"contract": "badges.odcs.yaml", "path": "badges.csv", "authority": "attributes"}
    rule = {"employment": "worker_id", "source": "badges", "column": "person"}
    mapped = {"locale": {"column": "badges.room", "clear_when_empty": True}}
    acme.settings({"sources": {"badges": badges}, "merge": [rule], "mapping": mapped, **changes})
    rows = [f"b{n},{n:05},R{n}" for n in range(1, 4)]
    acme.export(*rows, header=HEADER, name="badges.csv")


def locales(acme: Company) -> list[str | None]:
    users = acme.users()
    return [users[f"person{n}@acme.example"].get("locale") for n in range(1, 4)]


def test_its_attributes_are_written_and_kept_when_its_rows_are_set_aside_or_missing(
    acme: Company,
) -> None:
    acme.sync()
    assert locales(acme) == ["R1", "R2", "R3"]
    acme.export("b1,00001,", ",00002,R9", "b7,00077,R7", header=HEADER, name="badges.csv")
    acme.sync()
    assert locales(acme) == [None, "R2", "R3"]
    said = acme.say("findings")
    assert "badges source-quarantined 1 rows are quarantined" in said.text
    assert "badges rows-without-worker 1 rows belong to nobody in hr" in said.text


def test_a_missing_delivery_of_it_leaves_its_attributes_until_there_is_one_again(
    acme: Company,
) -> None:
    acme.sync()
    badges = acme.folder / "badges.csv"
    text = badges.read_text()
    badges.unlink()
    acme.export(person(1), person(2, title="New"), person(3, last_day="2026-02-28"))
    assert acme.say("check").code == EXIT_CONTRACT
    assert "no file matches badges.csv" in acme.say("check").text
    planned = acme.plan("--json")
    assert planned.code == EXIT_CHANGES
    [found] = [f for f in planned.document["findings"] if f["code"] == "source-missing"]
    assert "no file matches badges.csv" in found["message"]
    run = acme.sync()
    assert run.state == "completed_with_quarantine"
    assert locales(acme) == ["R1", "R2", "R3"]
    assert [user["active"] for user in acme.users().values()] == [True, True, False]
    assert "source-missing" in acme.say("findings").text
    # the same file again is no late one, nor is its next absence
    badges.write_text(text)
    assert acme.sync("2026-03-03").state == "completed"
    badges.unlink()
    assert acme.sync("2026-03-04").state == "completed_with_quarantine"


IN_ROOM_1 = [{"all_of": [{"column": "badges.room", "value": "R1"}]}]
LOOKS = {
    "scope": {"scope": {"any_of": IN_ROOM_1}},
    "a role": {"roles": {"default": "viewer", "rules": [{"role": "admin", "any_of": IN_ROOM_1}]}},
    "teams": {"teams": {"column": "badges.room"}},
}


@pytest.mark.parametrize("looks", LOOKS)
def test_where_it_decides_about_people_a_missing_delivery_ends_the_run(
    tmp_path: Path, looks: str
) -> None:
    """Else everybody would fall to the default role, out of scope or out of their teams."""
    with company(tmp_path, teams=True) as acme:
        with_badges(acme, LOOKS[looks])
        acme.sync()
        before = acme.users()
        (acme.folder / "badges.csv").unlink()
        for words in (("plan", "--as-of", "2026-03-03"), ("check",)):
            said = acme.say(*words)
            assert said.code == EXIT_CONTRACT
            assert "no file matches badges.csv" in said.text
        with pytest.raises(SourceError, match=r"no file matches badges\.csv"):
            acme.sync("2026-03-03")
        assert acme.users() == before


def test_a_refused_delivery_of_it_leaves_its_attributes_and_the_rest_goes_on(
    acme: Company,
) -> None:
    acme.sync()
    acme.export("b1,R1", header="badge,seat", name="badges.csv")
    acme.export(person(1), person(2, title="New"), person(3, last_day="2026-02-28"))
    assert acme.say("check").code == EXIT_CONTRACT
    planned = acme.plan("--json")
    assert planned.code == EXIT_CHANGES
    assert "source-refused" in {f["code"] for f in planned.document["findings"]}
    run = acme.sync()
    assert run.state == "completed_with_quarantine"
    assert locales(acme) == ["R1", "R2", "R3"]
    assert [user["active"] for user in acme.users().values()] == [True, True, False]
    report = acme.folder / "runs" / run.run_id / "report.md"
    assert "refused by its contract: attributes" in report.read_text()
