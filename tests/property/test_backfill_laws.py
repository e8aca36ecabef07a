"""Laws of backfills: for any exports over some days, any window of them, any accounts and links.

A world's days are replayed as `scimflow backfill` replays them, with the pure core alone; `applied`
of the worlds carries plans out, so that what the days come to is not told by the code under test.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.as_of import AsOf
from data_contracts.frames import WORKER_KEY
from data_contracts.latest_word import LatestWord
from data_contracts.plan import Plan
from data_contracts.words import Presence
from tasks.plan.fold import DayPlan, fold_plans
from tasks.plan.foresee import Foreseen
from tasks.plan.latest import add_older
from tasks.plan.make import PlanInputs, make_plan
from tests.builders import ROLE, World
from tests.property.worlds import Row, applied

PEOPLE = range(4)
FIRST = date(2026, 1, 5)
SETTINGS = """
roles:
  default: viewer
  rules: [{role: maker, any_of: [{all_of: [{column: department, value: Lab}]}]}]
guardrails:
  deactivations: {max: null, max_fraction: null}
  updates: {max: null, max_fraction: null}
  source_shrinkage: {max_fraction: null}
  min_admins: 0
"""


few = settings(max_examples=settings().max_examples // 2)
"""A past costs as much as several plans, each a tenth of a second."""


def address(person: int) -> str:
    return f"w{person}@x"


@st.composite
def rows_of_a_day(draw: st.DrawFn, crossed: bool) -> list[Row]:
    """An export: everybody is in it or not, active or a leaver, with some values."""
    rows = []
    for line, i in enumerate(PEOPLE, 2):
        if not draw(st.sampled_from([True, True, True, False])):
            continue
        whose = draw(st.sampled_from([i] * 9 + list(PEOPLE))) if crossed else i
        rows.append(
            {
                "_line": line,
                "_state": draw(st.sampled_from(["active"] * 4 + ["leaver"])),
                "id": f"w{i}",
                "ext": f"x{i}",
                "email": address(whose),
                "given": "Ann",
                "title": draw(st.sampled_from([None, "PM", "Lead", "Head"])),
                "dept": draw(st.sampled_from(["Lab", "Sales"])),
            }
        )
    return rows


@st.composite
def accounts_there(draw: st.DrawFn, crossed: bool) -> list[Row]:
    rows = []
    for i in PEOPLE:
        if draw(st.booleans()):
            continue
        whose = draw(st.sampled_from([i] * 9 + list(PEOPLE))) if crossed else i
        rows.append(
            {
                "id": f"a{i}",
                "userName": address(whose),
                "externalId": draw(st.sampled_from([f"x{i}", None])) if crossed else f"x{i}",
                "name.givenName": "Ann",
                'emails[type eq "work"].value': address(whose),
                "title": draw(st.sampled_from([None, "PM", "Lead"])),
                ROLE: draw(st.sampled_from(["viewer", "maker"])),
                "active": draw(st.sampled_from([True, True, False])),
            }
        )
    return rows


@dataclass(frozen=True, repr=False)
class Past:
    """Exports of consecutive days, and the window of them that is replayed."""

    days: list[list[Row]]
    first: int
    last: int
    start: World

    def world(self, number: int, now: World) -> World:
        """The world on a day, with accounts and links as they are now."""
        day = (FIRST + timedelta(days=number)).isoformat()
        return replace(now, hr=self.days[number], as_of=day)

    @cached_property
    def latest(self) -> LatestWord:
        """As the flow reads it: the newest export, older ones for whom it leaves out."""
        word: LatestWord | None = None
        newest = AsOf(FIRST + timedelta(days=len(self.days) - 1))
        for number in reversed(range(self.first, len(self.days))):
            if word is None or not word.absence_means_left:
                people = replace(self.world(number, self.start), as_of=newest).people()
                word = add_older(word, people, {}, self.start.settings)
        assert word is not None
        return word

    def inputs(self, number: int, now: World) -> PlanInputs:
        is_newest = number == len(self.days) - 1
        given = self.world(number, now).inputs()
        return replace(given, latest=None if is_newest else self.latest)

    def plan(self, number: int, now: World) -> Plan:
        return make_plan(self.inputs(number, now), now.settings, self.world(number, now).day)

    def replayed(self) -> tuple[World, list[tuple[World, Plan]]]:
        """What the days come to, and each plan with the world that it was made for."""
        now, plans = self.start, []
        for number in range(self.first, self.last + 1):
            plan = self.plan(number, now)
            plans.append((now, plan))
            now = applied(now, plan)
        return now, plans

    def folded(self) -> Plan:
        """All days as one plan, as the flow makes it."""
        inputs, days, now = self.inputs(self.first, self.start), [], None
        snapshot = inputs.snapshot
        for number in range(self.first, self.last + 1):
            inputs = self.inputs(number, self.start)
            if now is None:
                now = Foreseen(inputs.snapshot, inputs.links, inputs.deactivated_by_us)
            given = replace(
                inputs,
                snapshot=now.snapshot,
                links=now.links,
                deactivated_by_us=now.deactivated_by_us,
            )
            as_of = self.world(number, self.start).day
            plan = make_plan(given, self.start.settings, as_of)
            days.append(DayPlan(as_of.day, plan))
            now = now.after(plan)
        return fold_plans(days, snapshot.accounts, {}, self.start.settings)


@st.composite
def pasts(draw: st.DrawFn, *, up_to_now: bool | None = None, crossed: bool = True) -> Past:
    """Two to four days; addresses may cross, and the window may end before the newest export."""
    count = draw(st.integers(2, 4))
    days = [draw(rows_of_a_day(crossed)) for _ in range(count)]
    ends_now = draw(st.booleans()) if up_to_now is None else up_to_now
    last = count - 1 if ends_now else draw(st.integers(0, count - 2))
    first = draw(st.integers(0, last))
    there = draw(accounts_there(crossed))
    linked = [row for row in there if draw(st.booleans())]
    start = World(
        accounts=there,
        links=[(f"w{str(row['id'])[1:]}", str(row["id"])) for row in linked],
        conf=[SETTINGS],
        complete_roster=draw(st.sampled_from([True, True, False])),
        deactivated_by_us={
            f"w{str(row['id'])[1:]}" for row in linked if not row["active"] and draw(st.booleans())
        },
    )
    return Past(days, first, last, start)


@dataclass(frozen=True)
class Replayed:
    """A past that was replayed, and what can be told of it."""

    past: Past
    after: World
    plans: list[tuple[World, Plan]]

    @cached_property
    def working(self) -> dict[str, Any]:
        """Who is employed by the newest export that has them, with what they should have."""
        frame = self.past.latest.frame
        people = frame[frame["presence"] == Presence.PRESENT]
        return {str(row[WORKER_KEY]): row for row in people.to_dict("records")}

    @cached_property
    def owner(self) -> dict[str, str]:
        return {account: worker for worker, account in self.after.links}


def by_id(world: World) -> dict[str, Row]:
    return {str(row["id"]): dict(row) for row in world.accounts}


def nobody_loses_access_who_is_active_in_a_newer_export(r: Replayed) -> None:
    before = by_id(r.past.start)
    for account, row in by_id(r.after).items():
        if account not in before or not before[account]["active"] or row["active"]:
            continue
        assert r.owner[account] not in r.working
        mine = {before[account]["userName"], before[account]["externalId"]}
        for person in r.working.values():
            assert person["userName"] not in mine, "somebody active may be behind this account"
            assert person["externalId"] not in mine


def nobody_gets_access_who_has_none_by_a_newer_export(r: Replayed) -> None:
    before = by_id(r.past.start)
    for account, row in by_id(r.after).items():
        if row["active"] and not (account in before and before[account]["active"]):
            assert r.owner[account] in r.working


def no_role_is_given_that_a_newer_export_does_not_give(r: Replayed) -> None:
    for _, plan in r.plans:
        for operation in plan.operations:
            if ROLE in operation.attributes:
                assert operation.attributes[ROLE] == r.working[operation.worker_key][ROLE]


def what_is_as_a_newer_export_wants_it_stays_so(r: Replayed) -> None:
    before, now = by_id(r.past.start), by_id(r.after)
    for worker, account in r.past.start.links:
        if account not in before or worker not in r.working or not before[account]["active"]:
            continue
        for path in ("userName", "externalId", "title", ROLE):
            wanted = r.working[worker][path]
            if isinstance(wanted, str) and before[account].get(path) == wanted:
                assert now[account].get(path) == wanted


def one_person_keeps_one_account_over_all_days(r: Replayed) -> None:
    assert len(r.owner) == len(r.after.links)
    assert by_id(r.past.start).keys() <= by_id(r.after).keys()


LAWS = [
    nobody_loses_access_who_is_active_in_a_newer_export,
    nobody_gets_access_who_has_none_by_a_newer_export,
    no_role_is_given_that_a_newer_export_does_not_give,
    what_is_as_a_newer_export_wants_it_stays_so,
    one_person_keeps_one_account_over_all_days,
]
"""Laws of one past: to replay it costs half a second, so it is held against all of them."""


@few
@given(pasts(up_to_now=False))
def test_an_old_export_never_has_the_last_word(past: Past) -> None:
    after, plans = past.replayed()
    for law in LAWS:
        law(Replayed(past, after, plans))


@few
@given(pasts(crossed=False))
def test_all_days_folded_come_to_what_they_come_to_one_by_one(past: Past) -> None:
    after, _ = past.replayed()
    folded = applied(past.start, past.folded())
    ours, theirs = _with_access(after), _with_access(folded)
    assert ours == theirs
    assert {a for a, row in by_id(folded).items() if not row["active"]} <= {
        a for a, row in by_id(after).items() if not row["active"]
    }
    assert set(folded.links) <= set(after.links)


def _with_access(world: World) -> dict[str, Row]:
    """Active accounts by id, without what is missing."""
    return {
        account: {path: value for path, value in row.items() if value}
        for account, row in by_id(world).items()
        if row["active"]
    }


@few
@given(pasts(up_to_now=True))
def test_after_the_newest_day_a_sync_of_it_has_nothing_left_to_do(past: Past) -> None:
    """A backfill up to today ends where a sync would have ended."""
    after, plans = past.replayed()
    undecided = {finding.subject for _, plan in plans for finding in plan.findings}
    again = past.plan(past.last, after)
    assert {o.worker_key for o in again.operations} <= undecided
