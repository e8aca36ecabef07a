"""Account links: they follow adoptions and outcomes, and nobody's account becomes another's."""

import asyncio

import pytest

from data_contracts.errors import ConfigurationError, LedgerError
from data_contracts.frames import ACCOUNT_ID, LINKS, WORKER_KEY
from data_contracts.link_decision import LinkedAccount
from data_contracts.outcome import Outcome
from data_contracts.plan import Operation
from data_contracts.words import CorrelationKey, OperationKind, OutcomeResult
from tasks.ledger import Ledger
from tasks.plan.digests import digest_of_frame
from tests.ledger_parts import (
    TARGET,
    a_run,
    adoption,
    carry_out,
    change,
    create,
    done,
    leave,
    moment,
    outcome,
)

Link = tuple[str, str, str, str | None]


def links(ledger: Ledger, target: str = TARGET) -> list[Link]:
    frame = LINKS.check(ledger.links(target))
    cells = frame.astype(object).where(frame.notna(), None)
    return [tuple(row) for row in cells.itertuples(index=False)]


def once(
    ledger: Ledger, run_id: str, operation: Operation, ended: Outcome, minutes: float = 0
) -> None:
    """A run with one operation, and what became of it."""
    ledger.start_run(a_run(run_id, minutes))
    asyncio.run(carry_out(ledger, run_id, (operation, ended), minutes=minutes))


@pytest.mark.parametrize(
    "result", [OutcomeResult.APPLIED, OutcomeResult.ALREADY, OutcomeResult.SETTLED]
)
def test_a_created_account_is_linked(ledger: Ledger, result: OutcomeResult) -> None:
    once(ledger, "r1", create("E1"), outcome(create("E1"), result))
    assert links(ledger) == [("E1", "a-E1", "e1@acme.example", "x-E1")]
    assert links(ledger, "other") == []


@pytest.mark.parametrize(
    "result",
    [
        OutcomeResult.FAILED,
        OutcomeResult.CONFLICT,
        OutcomeResult.UNKNOWN,
        OutcomeResult.SKIPPED,
    ],
)
def test_what_did_not_go_well_links_nobody(ledger: Ledger, result: OutcomeResult) -> None:
    once(ledger, "r1", create("E1"), outcome(create("E1"), result, "a-1"))
    assert links(ledger) == []


def test_a_created_account_without_a_known_id_is_left_to_the_next_run(ledger: Ledger) -> None:
    ended = Outcome("create/E1", "E1", OperationKind.CREATE, OutcomeResult.APPLIED, None)
    once(ledger, "r1", create("E1"), ended)
    assert links(ledger) == []


def test_an_adopted_account_is_linked_without_an_operation(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    ledger.adopt("r1", TARGET, [adoption("E2", "a-2", external_id="x"), adoption("E1", "a-1")],
                 moment(1))  # fmt: skip
    assert links(ledger) == [
        ("E1", "a-1", "e1@acme.example", None),
        ("E2", "a-2", "e2@acme.example", "x"),
    ]


def test_many_accounts_are_adopted_at_once(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    many = [adoption(f"E{n:04}", f"a-{n}") for n in range(1201)]
    ledger.adopt("r1", TARGET, many, moment(1))
    ledger.adopt("r1", TARGET, many, moment(2))
    assert len(links(ledger)) == 1201
    assert len(ledger.history(TARGET)) == 1201  # the second time nothing changed


def test_an_account_that_is_somebody_elses_is_not_adopted_and_nobody_else_is_either(
    ledger: Ledger,
) -> None:
    done(ledger, "r1", create("E1"))
    ledger.start_run(a_run("r2"))
    with pytest.raises(LedgerError, match="a-E1 cannot be adopted for worker E2"):
        ledger.adopt("r2", TARGET, [adoption("E3", "a-3"), adoption("E2", "a-E1")], moment(1))
    assert [link[:2] for link in links(ledger)] == [("E1", "a-E1")]
    assert ledger.history(TARGET, run="r2") == []


def test_a_rename_changes_the_link_and_not_the_account(ledger: Ledger) -> None:
    done(ledger, "r1", create("E1"))
    done(
        ledger,
        "r2",
        change("E1", "a-E1", {"userName": "new@acme.example"}, user_name="new@acme.example"),
        minutes=10,
    )
    assert links(ledger) == [("E1", "a-E1", "new@acme.example", "x-E1")]


def test_the_login_that_the_target_made_of_it_is_the_one_that_is_kept(ledger: Ledger) -> None:
    ended = outcome(create("E1"), user_name="e1@ACME.example")
    once(ledger, "r1", create("E1"), ended)
    assert links(ledger)[0][2] == "e1@ACME.example"


@pytest.mark.parametrize(
    ("written", "not_retained", "kept"),
    [
        ({"title": "Lead"}, (), "x-E1"),
        ({"externalId": "x-new"}, (), "x-new"),
        ({"externalId": "x-new"}, ("externalId",), "x-E1"),
        ({"externalId": ""}, (), None),
    ],
)
def test_the_external_id_of_a_link_is_the_one_that_the_target_has(
    ledger: Ledger, written: dict[str, str], not_retained: tuple[str, ...], kept: str | None
) -> None:
    done(ledger, "r1", create("E1"))
    update = change("E1", "a-E1", written)
    once(ledger, "r2", update, outcome(update, not_retained=not_retained), 10)
    assert links(ledger)[0][3] == kept


def test_a_leavers_link_stays_for_the_day_of_a_rehire(ledger: Ledger) -> None:
    done(ledger, "r1", create("E1"), create("E2"))
    done(ledger, "r2", leave("E1", "a-E1"), minutes=10)
    assert [link[:2] for link in links(ledger)] == [("E1", "a-E1"), ("E2", "a-E2")]
    assert ledger.deactivated_by_us(TARGET) == {"E1"}
    assert ledger.deactivated_by_us("other") == frozenset()
    back = change("E1", "a-E1", {"active": True}, kind=OperationKind.REACTIVATE, reason="rehire")
    done(ledger, "r3", back, minutes=20)
    assert ledger.deactivated_by_us(TARGET) == frozenset()


def test_a_deactivation_that_failed_is_none_of_ours(ledger: Ledger) -> None:
    done(ledger, "r1", create("E1"))
    gone = leave("E1", "a-E1")
    once(ledger, "r2", gone, outcome(gone, OutcomeResult.FAILED), 10)
    assert ledger.deactivated_by_us(TARGET) == frozenset()


def test_a_new_account_takes_the_place_of_one_that_is_gone(ledger: Ledger) -> None:
    done(ledger, "r1", create("E1"))
    anew = create("E1", reason="account-gone")
    once(ledger, "r2", anew, outcome(anew, account_id="a-new"), 10)
    assert [link[:2] for link in links(ledger)] == [("E1", "a-new")]
    # and the account of old is nobody's: it may be adopted, should it come back
    ledger.adopt("r2", TARGET, [adoption("E9", "a-E1")], moment(11))
    assert [link[:2] for link in links(ledger)] == [("E1", "a-new"), ("E9", "a-E1")]


def test_an_outcome_on_somebody_elses_account_is_kept_and_the_link_stays(ledger: Ledger) -> None:
    done(ledger, "r1", create("E1"))
    foreign = create("E2")
    once(ledger, "r2", foreign, outcome(foreign, account_id="a-E1"), 10)
    assert [link[:2] for link in links(ledger)] == [("E1", "a-E1")]
    lines = ledger.history(TARGET, run="r2")
    assert {(line.kind, line.worker_key, line.result) for line in lines} == {
        ("create", "E2", "applied"),
        ("adopt", "E2", "conflict"),
    }


def test_the_digest_of_the_links_is_the_one_that_plans_are_made_from(ledger: Ledger) -> None:
    def of_planner() -> str:
        frame = ledger.links(TARGET).sort_values(WORKER_KEY)
        return digest_of_frame(frame, [WORKER_KEY, ACCOUNT_ID])

    seen = {ledger.links_digest(TARGET)}
    assert seen == {of_planner()}
    done(ledger, "r1", create("E10"), create("e2"), create("Zoë"), create("_x"))
    assert ledger.links_digest(TARGET) == of_planner()
    seen.add(ledger.links_digest(TARGET))
    done(ledger, "r2", leave("E10", "a-E10"), minutes=10)  # still the same accounts
    assert ledger.links_digest(TARGET) in seen
    assert len(seen) == 2


def test_links_come_in_the_order_of_their_workers_on_every_database(ledger: Ledger) -> None:
    done(ledger, "r1", *(create(key) for key in ("b", "B", "a", "Ä", "10", "9")))
    assert [link[0] for link in links(ledger)] == sorted(["b", "B", "a", "Ä", "10", "9"])


def test_how_an_adopted_account_was_found_stands_in_the_history(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1"))
    found = adoption("E1", "a-1", correlated_by=CorrelationKey.EXTERNAL_ID)
    ledger.adopt("r1", TARGET, [found], moment(1))
    (line,) = ledger.history(TARGET, person="a-1")
    assert (line.kind, line.worker_key, line.account_id) == ("adopt", "E1", "a-1")
    assert (line.at, line.run_id, line.result) == (moment(1), "r1", "linked")
    assert "externalId" in line.explanation


def account(account_id: str, *, active: bool = True) -> LinkedAccount:
    return LinkedAccount(account_id, "e1@acme.example", None, active)


def test_a_person_may_say_whose_account_it_is(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1", flow="link"))
    ledger.link("r1", "E1", account("a-1"), moment(1))
    assert links(ledger) == [("E1", "a-1", "e1@acme.example", None)]
    assert ledger.unlink("r1", "E1", moment(2)) == "a-1"
    assert links(ledger) == []
    told = [(line.kind, line.worker_key, line.account_id) for line in ledger.history(TARGET)]
    assert told == [("link", "E1", "a-1"), ("unlink", "E1", "a-1")]


def test_an_account_is_taken_from_nobody_by_mistake(ledger: Ledger) -> None:
    ledger.start_run(a_run("r1", flow="link"))
    ledger.link("r1", "E1", account("a-1"), moment(1))
    for worker, other, taken_from in (
        ("E2", "a-1", None),
        ("E2", "a-1", "E3"),
        ("E2", "a-2", "E1"),
        ("E1", "a-2", None),
    ):
        with pytest.raises(ConfigurationError):
            ledger.link("r1", worker, account(other), moment(2), taken_from=taken_from)
    assert links(ledger) == [("E1", "a-1", "e1@acme.example", None)]
    ledger.link("r1", "E2", account("a-1"), moment(3), taken_from="E1")
    assert [link[:2] for link in links(ledger)] == [("E2", "a-1")]


@pytest.mark.parametrize("active", [True, False])
def test_who_gets_an_account_that_scimflow_had_deactivated_is_brought_back(
    ledger: Ledger, active: bool
) -> None:
    once(ledger, "r1", create("E1"), outcome(create("E1"), OutcomeResult.APPLIED, "a-1"))
    once(ledger, "r2", leave("E1", "a-1"), outcome(leave("E1", "a-1")), minutes=1)
    assert ledger.deactivated_by_us(TARGET) == {"E1"}
    ledger.start_run(a_run("r3", 2, flow="link"))
    ledger.link("r3", "E2", account("a-1", active=active), moment(2), taken_from="E1")
    assert ledger.deactivated_by_us(TARGET) == (set() if active else {"E2"})
