"""Any mix of faults, any seed: after a few runs the target is as meant, and nobody is there twice.

The planning here is as small as can be: who has no account gets one, who differs is changed, who
left is deactivated, each worked out from the target as it really is before each run.
"""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from data_contracts.outcome import Outcome
from data_contracts.plan import Operation, Value
from data_contracts.words import OutcomeResult
from deployments.sandbox.faults import FAULTS
from deployments.sandbox.faults_of_bulk import fault as faults_of_bulk
from tasks.load.projection import Projection
from tests.target_parts import Target, asynchronous, change, create, leave, target

PEOPLE = 40
RUNS = 8
LASTING = frozenset(
    {
        "hidden-external-id",  # an attribute that is never shown is never in line
        "token-expired-midway",  # ends every run
        "create-upserts",  # overwrites whoever is there: nothing that a client could notice
        "deleted-user",  # somebody deletes people at the target
    }
)
OF_BULK = sorted(faults_of_bulk)
PASSING = sorted(set(FAULTS) - LASTING - set(OF_BULK))
PROJECTION = Projection()


def wanted(key: str) -> dict[str, Value]:
    return {**create(key).attributes, "title": f"Title of {key}"}


def planned(t: Target, leavers: set[str], everybody: list[str]) -> list[Operation]:
    there = {user["externalId"]: user for user in t.users()}
    operations = []
    for key in everybody:
        user = there.get(key)
        if user is None and key not in leavers:
            operations.append(create(key, title=f"Title of {key}"))
        elif user is not None and key in leavers and user["active"]:
            operations.append(leave(user["id"], key=key))
        elif user is not None and key not in leavers:
            changes = {p: wanted(key)[p] for p in PROJECTION.differing(user, wanted(key))}
            if changes:
                operations.append(change(user["id"], changes, key=key))
    return operations


ONE_BY_ONE: dict[str, Any] = {}
TOGETHER = {"enabled": True, "max_operations": 6}


@pytest.mark.parametrize("bulk", [ONE_BY_ONE, TOGETHER], ids=["one by one", "in bulk"])
@pytest.mark.parametrize("seed", range(12))
@asynchronous
async def test_a_few_runs_bring_the_target_in_line_whatever_happens(
    seed: int, bulk: dict[str, Any]
) -> None:
    dice = random.Random(seed)
    faults = [f"{name}={dice.uniform(0.02, 0.25):.2f}" for name in dice.sample(PASSING, 6)]
    everybody = [f"E{n:03}" for n in range(PEOPLE)]
    leavers = set(dice.sample(everybody, 8))
    sandbox = {"fault_seed": seed, "filters": dice.choice(["userName", "common"])}
    if bulk:
        faults += [f"{name}={dice.uniform(0.1, 0.4):.2f}" for name in dice.sample(OF_BULK, 3)]
        sandbox |= {"bulk": True, "bulk_answers_bodies": dice.choice([True, False])}
        bulk = {**bulk, "fail_on_errors": dice.choice([None, 1, 3])}
    patience = {"timeout_s": 0.1, "request_budget_s": 30}
    async with target(sandbox=sandbox, bulk=bulk, max_in_flight=8, **patience) as t:
        await t.apply(*(create(key, title="Old") for key in everybody[::2]))
        for fault in faults:
            t.sandbox.faults.add(fault)
        seen = 0
        for _ in range(RUNS):
            operations = planned(t, leavers, everybody)
            if not operations:
                break
            outcomes = await t.apply(*operations)
            check_against_the_witness(t, outcomes_by_user(outcomes), seen)
            seen = len(t.sandbox.journal)
        assert planned(t, leavers, everybody) == [], faults
        names = [user["userName"] for user in t.users()]
        assert len(names) == len(set(names))
        assert set(names) <= {f"{key.lower()}@acme.example" for key in everybody}


def outcomes_by_user(outcomes: Sequence[Outcome]) -> dict[str, set[OutcomeResult]]:
    found: dict[str, set[OutcomeResult]] = {}
    for outcome in outcomes:
        if outcome.account_id:
            found.setdefault(outcome.account_id, set()).add(outcome.result)
    return found


def check_against_the_witness(t: Target, told: dict[str, set[OutcomeResult]], since: int) -> None:
    """Each write that reached the store belongs to an outcome that does not deny it.

    A create whose answer was lost and that could not be found again has no account in its outcome:
    then it must be among the unknown.
    """
    silent = (OutcomeResult.SKIPPED, OutcomeResult.CONFLICT)
    for write in list(t.sandbox.journal)[since:]:
        if write.changed and write.user_id in told:
            assert not told[write.user_id] <= set(silent), (write, told[write.user_id])
