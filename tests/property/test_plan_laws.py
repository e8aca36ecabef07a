"""Laws that every plan keeps, whatever the exports, the target and the ledger say."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from data_contracts.configuration import Limit
from data_contracts.plan import Plan
from data_contracts.scim.paths import parse_path
from data_contracts.scim.resource import normal_form
from data_contracts.words import OPERATION_ORDER, OperationKind, Presence, Verdict
from tasks.plan.guardrails import Workforce, judge
from tests.builders import ROLE, World, accounts
from tests.property.worlds import Row, applied, worlds

UNDECIDED = {
    "account-ambiguous",
    "account-conflict",
    "account-claimed",
    "user-name-taken",
    "external-id-taken",
}
"""Findings that another person's change at the target may settle."""

GRANTING = (OperationKind.CREATE, OperationKind.UPDATE, OperationKind.REACTIVATE)


@dataclass(frozen=True)
class Judged:
    """A world with its plan, and what can be told of it without asking the code under test."""

    world: World
    plan: Plan

    def rows(self, worker: str) -> list[Row]:
        return [dict(row) for row in self.world.hr if row["id"] == worker]

    @cached_property
    def touched(self) -> list[tuple[str, str | None]]:
        """Worker and account of everything that the plan does."""
        operations = [(o.worker_key, o.account_id) for o in self.plan.operations]
        return operations + [(a.worker_key, a.account_id) for a in self.plan.adoptions]

    @property
    def linked(self) -> dict[str, str]:
        there = {row["id"] for row in self.world.accounts}
        return {worker: account for worker, account in self.world.links if account in there}

    def is_in_scope(self, worker: str) -> bool:
        if not self.world.settings.scope.any_of:
            return bool(self.rows(worker))
        return any(row["type"] == "FTE" for row in self.rows(worker))

    def is_surely_employed(self, worker: str) -> bool:
        """One employment is open: begun, not ended, and of an active status."""
        return any(
            row["_state"] == "active"
            and (row["hire"] or "0") <= "2026-03-02"
            and (row["last"] or "9") >= "2026-03-02"
            for row in self.rows(worker)
        )

    def is_surely_gone(self, worker: str) -> bool:
        return all(
            row["_state"] == "leaver" or ((row["last"] or "9") < "2026-03-02" and not row["hire"])
            for row in self.rows(worker)
        )


def nobody_employed_and_in_scope_loses_access(judged: Judged) -> None:
    for operation in judged.plan.operations:
        if operation.kind is OperationKind.DEACTIVATE:
            worker = operation.worker_key
            open_rows = [
                row
                for row in judged.rows(worker)
                if judged.is_surely_employed(worker) and row["type"] != "FTE"
            ]
            left_scope = operation.reason == "out-of-scope" and open_rows
            assert left_scope or not judged.is_surely_employed(worker)


def nobody_gone_gets_access(judged: Judged) -> None:
    for operation in judged.plan.operations:
        if operation.kind in GRANTING:
            assert not judged.is_surely_gone(operation.worker_key)


def absence_takes_access_only_from_a_complete_roster(judged: Judged) -> None:
    world = judged.world
    absent = [o for o in judged.plan.operations if not judged.rows(o.worker_key)]
    keyless = [row for row in world.held if row.source == "hr" and row.worker_key is None]
    for operation in absent:
        assert operation.reason == "absent-from-roster"
        assert world.complete_roster
        assert world.settings.lifecycle.absent == "deactivate"
        assert not keyless


def an_incomplete_read_takes_and_gives_no_access(judged: Judged) -> None:
    if not judged.world.complete_read:
        assert judged.plan.adoptions == ()
        kinds = {operation.kind for operation in judged.plan.operations}
        assert kinds <= {OperationKind.UPDATE, OperationKind.REACTIVATE}
        for worker, account in judged.touched:
            assert judged.linked[worker] == account


def nothing_outside_the_scope_is_touched(judged: Judged) -> None:
    for worker, account in judged.touched:
        managed = worker in judged.linked and judged.linked[worker] == account
        assert managed or judged.is_in_scope(worker)


def nothing_protected_is_touched(judged: Judged) -> None:
    names = {name.strip().lower() for name in judged.world.settings.target.protected}
    there = {row["id"]: str(row["userName"]).strip().lower() for row in judged.world.accounts}
    for _, account in judged.touched:
        assert account not in names
        assert there.get(account or "") not in names
    for operation in judged.plan.operations:
        assert operation.user_name.strip().lower() not in names


def only_a_deactivation_makes_inactive(judged: Judged) -> None:
    for operation in judged.plan.operations:
        active = operation.attributes.get("active")
        assert active is {
            OperationKind.DEACTIVATE: False,
            OperationKind.UPDATE: None,
            OperationKind.REACTIVATE: True,
            OperationKind.CREATE: True,
        }[operation.kind]  # fmt: skip
        if operation.kind is OperationKind.DEACTIVATE:
            assert operation.attributes == {"active": False}


def what_is_written_is_what_differs(judged: Judged) -> None:
    there = {row["id"]: row for row in judged.world.accounts}
    for operation in judged.plan.operations:
        if operation.kind is OperationKind.CREATE:
            assert operation.attributes["userName"]
            assert "" not in operation.attributes.values()
            continue
        assert operation.attributes
        assert operation.attributes.keys() == operation.before.keys()
        for path, value in operation.attributes.items():
            parsed, before = parse_path(path), operation.before[path]
            # what the mapping alone names, no account of these worlds has
            assert before == there[operation.account_id].get(path)
            assert normal_form(value, parsed) != normal_form(before, parsed)


def an_operation_starts_from_the_accounts_state(judged: Judged) -> None:
    there = {row["id"]: row["active"] for row in judged.world.accounts}
    for operation in judged.plan.operations:
        expected = operation.kind is not OperationKind.REACTIVATE
        if operation.account_id is not None:
            assert there[operation.account_id] is expected
        assert (operation.account_id is None) == (operation.kind is OperationKind.CREATE)


def people_are_counted_once(judged: Judged) -> None:
    counts = judged.plan.counts
    workers = {row["id"] for row in judged.world.hr} | {worker for worker, _ in judged.world.links}
    assert counts["people"] == len(workers)
    assert sum(counts[f"people_{presence}"] for presence in Presence) == counts["people"]


def nobody_quarantined_is_touched(judged: Judged) -> None:
    held = {
        (row.worker_key or "").strip().lower() for row in judged.world.held if row.source == "hr"
    }
    # what a source of attributes says decides about attributes alone
    decisive = [row for row in judged.world.held if row.source != "badges"]
    identities = {text.strip().lower() for row in decisive for text in row.identities}
    for worker, _ in judged.touched:
        assert worker.lower() not in held
        for row in judged.rows(worker):
            own = {str(row[c]).strip().lower() for c in ("email", "ext", "number") if row[c]}
            # of several employments the one that counts names the person
            assert len(judged.rows(worker)) > 1 or not own & (identities - {""})


def one_person_has_one_account(judged: Judged) -> None:
    operations, adoptions = judged.plan.operations, judged.plan.adoptions
    assert max(Counter(o.worker_key for o in operations).values(), default=0) <= 1
    assert max(Counter(a.worker_key for a in adoptions).values(), default=0) <= 1
    pairs = {(worker, account) for worker, account in judged.touched if account is not None}
    assert len({worker for worker, _ in pairs}) == len({account for _, account in pairs})
    assert len(pairs) == len({account for _, account in pairs})
    created = {o.worker_key for o in operations if o.kind is OperationKind.CREATE}
    assert not created & {worker for worker, _ in pairs}


def no_account_is_handed_to_another_person(judged: Judged) -> None:
    owner = {account: worker for worker, account in judged.linked.items()}
    there = {row["id"]: row for row in judged.world.accounts}
    for worker, account in judged.touched:
        if account is not None and account in owner:
            assert owner[account] == worker
    for adoption in judged.plan.adoptions:
        theirs = there[adoption.account_id]["externalId"]
        if adoption.correlated_by == "email":
            ours = {row["ext"] for row in judged.rows(adoption.worker_key)}
            ours |= {row["uid"] for row in judged.world.idp or ()}
            assert theirs is None or theirs in ours


def leavers_come_first(judged: Judged) -> None:
    order = [(OPERATION_ORDER.index(o.kind), o.worker_key) for o in judged.plan.operations]
    assert order == sorted(order)
    findings = [(f.code, f.subject, f.message) for f in judged.plan.findings]
    assert findings == sorted(set(findings))


def allowed(limit: Limit, population: int) -> float:
    """The design's sentence, once more: absolute and relative limits, a rule for few people."""
    relative = float("inf")
    if limit.max_fraction is not None:
        small = population < limit.small_population
        relative = limit.max_when_small if small else int(limit.max_fraction * population)
    return min(limit.max if limit.max is not None else float("inf"), relative)


def no_plan_over_a_limit_is_safe(judged: Judged) -> None:
    plan, limits = judged.plan, judged.world.settings.guardrails
    population = plan.counts["accounts_managed_active"]
    kinds = Counter(o.kind for o in plan.operations)
    new = kinds[OperationKind.CREATE] + kinds[OperationKind.REACTIVATE]
    over = (
        kinds[OperationKind.DEACTIVATE] > allowed(limits.deactivations, population)
        or new > allowed(limits.creates, population)
        or kinds[OperationKind.UPDATE] > allowed(limits.updates, population)
        or len(plan.adoptions) > allowed(limits.adoptions, plan.counts["accounts"])
    )
    if over:
        assert plan.verdict is not Verdict.SAFE
    after = admins(applied(judged.world, plan))
    before = admins(judged.world)
    if after < before and after < limits.min_admins:
        assert plan.verdict is Verdict.REFUSED


def admins(world: World) -> int:
    return sum(
        1 for row in world.accounts if row["active"] and str(row.get(ROLE)).lower() == "admin"
    )


def fewer_operations_are_never_held_where_more_are_safe(judged: Judged) -> None:
    operations, settings = judged.plan.operations, judged.world.settings
    frame = accounts(judged.world.accounts, [ROLE]).set_index("account_id")
    workforce = Workforce(frame["active"], 10, frame[ROLE], {"hr": 3}, {"hr": 4})
    fewer = judge(operations[::2], 1, workforce, settings)
    more = judge(operations, 2, workforce, settings)
    for less, all_of_it in zip(fewer, more, strict=True):
        if less.name not in ("seats", "min_admins"):  # who leaves frees a seat
            assert less.actual <= all_of_it.actual
            assert less.verdict is Verdict.SAFE or all_of_it.verdict is not Verdict.SAFE


def no_external_id_is_written_that_another_account_has(judged: Judged) -> None:
    for operation in judged.plan.operations:
        if written := operation.attributes.get("externalId"):
            holders = {row["id"] for row in judged.world.accounts if row["externalId"] == written}
            assert holders <= {operation.account_id}


LAWS: list[Callable[[Judged], None]] = [
    nobody_employed_and_in_scope_loses_access,
    nobody_gone_gets_access,
    absence_takes_access_only_from_a_complete_roster,
    an_incomplete_read_takes_and_gives_no_access,
    nothing_outside_the_scope_is_touched,
    nothing_protected_is_touched,
    only_a_deactivation_makes_inactive,
    what_is_written_is_what_differs,
    an_operation_starts_from_the_accounts_state,
    people_are_counted_once,
    nobody_quarantined_is_touched,
    one_person_has_one_account,
    no_account_is_handed_to_another_person,
    no_external_id_is_written_that_another_account_has,
    leavers_come_first,
    no_plan_over_a_limit_is_safe,
    fewer_operations_are_never_held_where_more_are_safe,
]
"""Laws of a single plan: one world costs a tenth of a second, so it is held against all of them."""


@given(worlds())
def test_every_plan_keeps_every_law(world: World) -> None:
    judged = Judged(world, world.plan())
    for law in LAWS:
        law(judged)


@given(worlds())
def test_after_a_plan_is_carried_out_nothing_is_left_to_do(world: World) -> None:
    """Except for people whose doubt another person's change has settled, and then no more."""
    plan = world.plan()
    undecided = {f.subject for f in plan.findings if f.code in UNDECIDED}
    for _ in range(len(world.hr) + 2):
        if plan.is_empty:
            break
        world = applied(world, plan)
        plan = world.plan()
        done = {o.worker_key for o in plan.operations} | {a.worker_key for a in plan.adoptions}
        assert done <= undecided
    assert plan.is_empty


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_accounts_and_links_changes_no_byte(world: World, random: Random) -> None:
    def shuffled(rows: Any) -> list[Any]:
        return random.sample(list(rows), len(rows))

    other = replace(
        world,
        hr=shuffled(world.hr),
        idp=None if world.idp is None else shuffled(world.idp),
        badges=None if world.badges is None else shuffled(world.badges),
        accounts=shuffled(world.accounts),
        links=shuffled(world.links),
        held=shuffled(world.held),
    )
    assert other.plan().to_bytes() == world.plan().to_bytes()


@given(worlds().filter(lambda world: world.badges is not None))
def test_a_source_of_attributes_neither_gives_nor_takes_access(world: World) -> None:
    """Whatever it says and whatever its contract says of it.

    Where roles look at it, its doubts keep people as they are, and nothing more.
    """
    without = replace(
        world,
        badges=None,
        conf=[snippet for snippet in world.conf if "badges" not in snippet],
        held=[row for row in world.held if row.source != "badges"],
    )
    with_it, without_it = access(world.plan()), access(without.plan())
    assert with_it <= without_it
    if not any("rules" in snippet for snippet in world.conf):
        assert with_it == without_it


def access(plan: Plan) -> set[tuple[OperationKind, str, str | None]]:
    """Who gets or loses access, and whose account is whose by the plan."""
    changes = {
        (o.kind, o.worker_key, o.account_id)
        for o in plan.operations
        if o.kind is not OperationKind.UPDATE
    }
    return changes | {(OperationKind.UPDATE, a.worker_key, a.account_id) for a in plan.adoptions}
