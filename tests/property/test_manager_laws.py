"""Laws of managers, whoever names whom: transform, plan and loader at a sandbox in process.

Everybody comes to the manager of the export within two runs, nobody ever has a wrong one, and no
report is created before their manager's end is known.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.plan import Operation, Plan
from data_contracts.scim.schema import ENTERPRISE_SCHEMA, USER_SCHEMA
from data_contracts.words import OperationKind, OutcomeResult
from tasks.extract.target import read_target
from tasks.load.order import plan_order
from tasks.plan.make import make_plan
from tests.builders import World, links
from tests.target_parts import MemoryJournal, Target, target

CONF = "mapping: {enterprise.manager.value: {account_of: manager}}"
PEOPLE = 12
RUNS = 2
"""The second completes those whose manager could not be created by the first."""

BATCH = 5
"""So that managers and reports meet within a batch and over batches."""


@dataclass
class Company:
    """Who names whom, and who is at the target before the first run.

    Attributes:
        bosses: The number of each person's manager: somebody's, their own, nobody's, or None.
        there: Numbers of those who have an account.
        managed_before: The manager whom some of them have at the target.
        fails: How many of the first creates come to nothing.
        in_flight: Requests at the same time.
        bulk: Whether writes that are on their way together go as one request.
    """

    bosses: Sequence[int | None]
    there: set[int]
    managed_before: dict[int, int]
    fails: int
    in_flight: int
    bulk: bool = False
    ids: dict[str, str] = field(default_factory=dict)

    def world(self) -> World:
        rows = [
            {
                "id": key(i),
                "email": f"{key(i)}@x",
                "ext": key(i),
                "boss": None if boss is None else key(boss),
            }
            for i, boss in enumerate(self.bosses)
        ]
        return World(hr=rows, conf=CONF, links=sorted(self.ids.items()))

    def named(self, person: int) -> int | None:
        """Whose report a person is, if the export says so without contradiction."""
        boss = self.bosses[person]
        if boss is None or boss >= len(self.bosses) or self._circles(person):
            return None
        return boss

    def _circles(self, person: int) -> bool:
        now: int | None = self.bosses[person]
        for _ in self.bosses:
            if now is None or now >= len(self.bosses) or now == person:
                return now == person
            now = self.bosses[now]
        return False


def key(number: int) -> str:
    return f"w{number:02}"


@st.composite
def companies(draw: st.DrawFn) -> Company:
    count = draw(st.integers(1, PEOPLE))
    above = st.integers(0, PEOPLE)  # mostly somebody; now and then nobody who is there
    bosses = draw(st.lists(st.none() | above, min_size=count, max_size=count))
    there = draw(st.sets(st.integers(0, count - 1)))
    before = {i: draw(st.sampled_from(sorted(there))) for i in sorted(there) if draw(st.booleans())}
    fails = min(draw(st.sampled_from([0, 0, 1, 2])), count - len(there))  # all in the first run
    in_flight = draw(st.sampled_from([1, 3, 16]))
    return Company(bosses, there, before, fails, in_flight, draw(st.booleans()))


async def seed(t: Target, company: Company) -> None:
    ids: dict[int, str] = {}
    for i in sorted(company.there):
        user = {"schemas": [USER_SCHEMA], "userName": f"{key(i)}@x", "externalId": key(i)}
        ids[i] = t.sandbox.service.users.seed({**user, "active": True})
    for i, boss in company.managed_before.items():
        value = {"manager": {"value": ids[boss]}}
        body = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "value": {ENTERPRISE_SCHEMA: value}}],
        }
        await t.client.patch_user(ids[i], body, trace=[])


async def run(t: Target, company: Company) -> Plan:
    """Plan from what is there, carry it out, keep the links."""
    world = company.world()
    paths = (*world.people().paths, world.settings.role_path)
    snapshot = await read_target(t.client, t.settings, paths)
    inputs = replace(world.inputs(), snapshot=snapshot, links=links(world.links))
    plan = make_plan(inputs, world.settings, world.day)
    company.ids.update({a.worker_key: a.account_id for a in plan.adoptions})
    t.journal.entries.clear()
    async with t.session() as load:
        for _, group in plan_order(plan.operations):
            for start in range(0, len(group), BATCH):
                outcomes = await load.apply(group[start : start + BATCH])
                company.ids.update(
                    {o.worker_key: o.account_id for o in outcomes if o.succeeded and o.account_id}
                )
                nobody_has_a_wrong_manager(t, company)
    managers_ended_before_reports_began(plan.operations, t.journal)
    return plan


def shown(t: Target) -> dict[int, int | None]:
    """The manager of everybody at the target, by number."""
    users = {user["id"]: user for user in t.users()}
    found: dict[int, int | None] = {}
    for user in users.values():
        reference = user.get(ENTERPRISE_SCHEMA, {}).get("manager", {}).get("value")
        boss = int(users[reference]["externalId"][1:]) if reference else None
        found[int(user["externalId"][1:])] = boss
    return found


def nobody_has_a_wrong_manager(t: Target, company: Company) -> None:
    for person, boss in shown(t).items():
        assert boss in (None, company.named(person), company.managed_before.get(person))


def managers_ended_before_reports_began(
    operations: Sequence[Operation], journal: MemoryJournal
) -> None:
    created = {o.worker_key for o in operations if o.kind is OperationKind.CREATE}
    for operation in operations:
        for manager in created.intersection(operation.awaited.values()):
            ended = journal.entries.index(("record", f"create/{manager}"))
            assert ended < journal.entries.index(("intend", operation.operation_id))


@settings(deadline=None)
@given(company=companies())
def test_everybody_comes_to_their_manager_within_two_runs(company: Company) -> None:
    asyncio.run(come_in_line(company))


async def come_in_line(company: Company) -> None:
    faults = [f"create-202-without-id={company.fails}x"] if company.fails else []
    more = {"max_in_flight": company.in_flight, "bulk": {"enabled": company.bulk}}
    async with target(*faults, sandbox={"bulk": True}, **more) as t:
        await seed(t, company)
        for number in range(1, 2 * RUNS):
            plan = await run(t, company)
            if not plan.operations:
                break
            assert number <= RUNS, "not in line after two runs"
            if not company.fails:
                assert {o.result for o in t.journal.outcomes} <= {OutcomeResult.APPLIED}
        expected = {}
        for person in range(len(company.bosses)):
            named = company.named(person)
            expected[person] = company.managed_before.get(person) if named is None else named
        assert shown(t) == expected
        assert len(t.users()) == len(company.bosses)
