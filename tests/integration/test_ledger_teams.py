"""What the ledger keeps of teams: links, who joined and left, what is still open."""

import asyncio

import pytest

from data_contracts.errors import LedgerError
from data_contracts.team_plan import TeamAdoption, TeamMember, TeamOperation
from data_contracts.teams import TeamLink
from data_contracts.words import OutcomeResult, TeamOperationKind
from tasks.ledger import Ledger
from tests.ledger_parts import TARGET, a_run, a_team, carry_out, create, moment, outcome

RENAME, CREATE, MEMBERS = TeamOperationKind
UNKNOWN = OutcomeResult.UNKNOWN


def adopted(key: str, team_id: str) -> TeamAdoption:
    return TeamAdoption(team_key=key, team_id=team_id, name=key, correlated_by="displayName")


def keep(ledger: Ledger, run_id: str, *steps: tuple[TeamOperation, str | None]) -> None:
    """A run of operations on teams, each with the team that it met."""
    ledger.start_run(a_run(run_id))
    told = [(each, outcome(each, account_id=team_id)) for each, team_id in steps]
    asyncio.run(carry_out(ledger, run_id, *told))


def test_a_team_is_linked_when_made_and_keeps_its_link_under_another_name(ledger: Ledger) -> None:
    keep(ledger, "r1", (a_team("Core"), "t-1"), (a_team("Data"), "t-2"))
    assert ledger.team_links(TARGET) == (
        TeamLink("Core", "t-1", "Core"),
        TeamLink("Data", "t-2", "Data"),
    )
    renamed = a_team("Core", RENAME, "t-1").model_copy(update={"name": "Kernel"})
    keep(ledger, "r2", (renamed, "t-1"))
    assert ledger.team_links(TARGET)[0] == TeamLink("Core", "t-1", "Kernel")
    assert ledger.team_links("another target") == ()
    assert ledger.links(TARGET).empty, "a team is nobody's account"


def test_a_team_that_was_not_made_is_not_linked(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    failed = outcome(a_team("Core"), OutcomeResult.FAILED, account_id="t-1")
    asyncio.run(carry_out(ledger, "r1", (a_team("Core"), failed)))
    assert ledger.team_links(TARGET) == ()


def test_a_group_stands_for_one_value_alone(ledger: Ledger) -> None:
    keep(ledger, "r1", (a_team("Core"), "t-1"))
    keep(ledger, "r2", (a_team("Data"), "t-1"))
    assert ledger.team_links(TARGET) == (TeamLink("Core", "t-1", "Core"),)
    with pytest.raises(LedgerError, match="nothing was adopted"):
        ledger.adopt_teams("r2", TARGET, [adopted("New", "t-9"), adopted("Data", "t-1")], moment(2))
    assert ledger.team_links(TARGET) == (TeamLink("Core", "t-1", "Core"),)


def test_an_adopted_team_is_linked_and_told(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    ledger.adopt_teams("r1", TARGET, [adopted("Core", "t-1")], moment(1))
    assert ledger.team_links(TARGET) == (TeamLink("Core", "t-1", "Core"),)
    asked = ({}, {"run": "r1"}, {"person": "team:Core"}, {"person": "t-1"}, {"person": "Core"})
    for (line,) in (ledger.history(TARGET, **each) for each in asked):
        assert (line.kind, line.worker_key, line.account_id) == ("adopt", "team:Core", "t-1")


def test_a_person_s_history_tells_which_teams_they_joined_and_left(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    made = create("E1")
    joins = (TeamMember("E1", None, "joined"), TeamMember("E2", "a-E2", "joined"))
    left = (TeamMember("E3", "a-E3", "leaver"),)
    members = a_team("Core", MEMBERS, "t-1", add=joins, remove=left)
    steps = [(each, outcome(each)) for each in (made, create("E3"), members)]
    asyncio.run(carry_out(ledger, "r1", *steps))

    first, second = ledger.history(TARGET, person="E1")
    assert (first.kind, first.result) == ("create", "applied")
    assert (second.kind, second.worker_key, second.reason) == ("join-team", "E1", "joined")
    assert second.explanation == "joins the team Core (team:Core)"
    assert second.result == "applied"
    *_, last = ledger.history(TARGET, person="e3@acme.example")
    assert (last.kind, last.reason) == ("leave-team", "leaver")

    for name in ("team:Core", "core", "t-1"):
        (line,) = ledger.history(TARGET, person=name)
        assert (line.kind, line.changed) == ("change-members", ("members",))
    assert [line.kind for line in ledger.history(TARGET, run="r1")] == [
        "create", "create", "change-members",
    ]  # fmt: skip


def test_open_writes_to_teams_are_told_apart_from_those_to_accounts(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    team, account = a_team("Core", external_id="Core"), create("E1")
    asyncio.run(carry_out(ledger, "r1", (account, None), (team, None)))
    assert [i.operation_id for i in ledger.open_intents(TARGET)] == ["create/E1"]
    (intent,) = ledger.open_team_intents(TARGET)
    assert (intent.operation_id, intent.kind) == ("create-team/Core", CREATE)
    assert (intent.worker_key, intent.external_id) == ("team:Core", "Core")

    ledger.start_run(a_run("r2", minutes=5))
    settled = outcome(team, OutcomeResult.SETTLED, account_id="t-7")
    ledger.settle("r2", intent, settled, moment(6))
    assert ledger.open_team_intents(TARGET) == []
    assert ledger.team_links(TARGET) == (TeamLink("Core", "t-7", "Core"),)


def test_a_write_whose_end_is_unknown_stays_open(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    team = a_team("Core")
    asyncio.run(carry_out(ledger, "r1", (team, outcome(team, UNKNOWN))))
    (intent,) = ledger.open_team_intents(TARGET)
    assert intent.result is UNKNOWN


def test_what_a_target_does_with_teams_is_not_learned_of_accounts(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    for number in range(20):
        team = a_team(f"T{number}")
        lost = outcome(team, OutcomeResult.FAILED, not_retained=("displayName", "members"))
        asyncio.run(carry_out(ledger, "r1", (team, lost)))
    assert not ledger.learned(TARGET).writes
    assert not ledger.learned(TARGET).never_kept
    assert ledger.failing(TARGET) == {}
