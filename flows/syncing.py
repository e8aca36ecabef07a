"""One sync of one target within a run: sources, plan, verdict, load. Written once.

The flows go about it with Prefect tasks and show it in the UI; who has no Prefect goes plainly.
"""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from data_contracts.as_of import AsOf
from data_contracts.plan import Plan
from data_contracts.words import OperationKind, RunState, Verdict
from flows.loading import ApplyStage, Progress, carry_out
from flows.meanwhile import meanwhile
from flows.overdue import note_leavers
from flows.pipeline import (
    CheckedSources,
    Past,
    Preparation,
    Prepared,
    check_sources,
    prepare_plan,
)
from flows.project import utc_now
from flows.running import STATE_OF_VERDICT, Run, is_approved, state_after_load
from flows.saved_plans import require_unmoved
from flows.settling import settle_open_intents, settle_open_team_intents
from flows.spreading import spreading_as_set
from flows.stages import Stages
from flows.telemetry import observed
from flows.telling import Teller
from tasks.scim.client import ScimClient


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run goes about its work.

    Attributes:
        stages: Up to the plan, each a plain function or a Prefect task.
        apply: Carries out one batch; likewise.
        tell: Told what is being done.
        on_sources: Given the sources, once they are held against their contracts; keeps them.
        on_plan: Given the plan, kept already; before a person is asked, or while it is carried out.
    """

    stages: Stages
    apply: ApplyStage
    tell: Teller
    on_sources: Callable[[Run, CheckedSources], Awaitable[None]]
    on_plan: Callable[[Run, Plan], Coroutine[Any, Any, None]]


async def prepare_within(
    run: Run,
    as_of: AsOf,
    client: ScimClient,
    manner: Manner,
    *,
    writes: bool = False,
    only: frozenset[str] | None = None,
    kinds: frozenset[OperationKind] | None = None,
    past: Past | None = None,
) -> Prepared:
    """Go to a plan, keeping on the way what the contracts say.

    Args:
        run: The run.
        as_of: The day.
        client: Reads the target.
        manner: How the run goes about it.
        writes: Whether the run holds the target's lease and is to write: then it first settles
            what an earlier run left open.
        only: Worker keys of those for whom anything is to be done; None for everybody.
        kinds: The kinds of operations that are to be done; None for all.
        past: Where a day of the past is replayed: what is known since.
    """
    preparation = Preparation(
        run.project,
        observed(manner.stages),
        run.ledger,
        as_of,
        utc_now(),
        tell=manner.tell,
        on_snapshot=partial(settle_open_intents, run) if writes else None,
        only=only,
        kinds=kinds,
        on_teams=partial(settle_open_team_intents, run) if writes else None,
        past=past,
    )
    with spreading_as_set(run.project):
        sources = await check_sources(preparation)
        await manner.on_sources(run, sources)
        if writes:
            sources.require_in_time(run.project.settings, as_of)
        prepared = await prepare_plan(preparation, client, sources)
    note_leavers(run, prepared, as_of)
    return prepared


async def sync_within(
    run: Run,
    as_of: AsOf,
    client: ScimClient,
    manner: Manner,
    progress: Progress,
    *,
    only: frozenset[str] | None = None,
    kinds: frozenset[OperationKind] | None = None,
    at_once: bool = False,
    past: Past | None = None,
) -> RunState:
    """Plan, and carry out what is safe or approved.

    Args:
        run: Holds the target's lease.
        as_of: The day.
        client: Of the target.
        manner: How the run goes about it.
        progress: Told how far the load is.
        only: Worker keys of those for whom anything is done; None for everybody.
        kinds: The kinds of operations that are done; None for all.
        at_once: Whether those who keep failing are tried now too.
        past: Where a day of the past is replayed: what is known since.

    Returns:
        How the run ends.
    """
    prepared = await prepare_within(
        run, as_of, client, manner, writes=True, only=only, kinds=kinds, past=past
    )
    if run.reviewed is not None:
        require_unmoved(run.reviewed, prepared.plan)
    return await load_within(run, prepared.plan, client, manner, progress, at_once=at_once)


async def load_within(
    run: Run,
    plan: Plan,
    client: ScimClient,
    manner: Manner,
    progress: Progress,
    *,
    at_once: bool = False,
) -> RunState:
    """Keep a plan, and carry it out when it is safe or approved.

    Args:
        run: Holds the target's lease.
        plan: The plan.
        client: Of the target.
        manner: How the run goes about it.
        progress: Told how far the load is.
        at_once: Whether those who keep failing are tried now too.

    Returns:
        How the run ends.
    """
    run.record_plan(plan)
    verdict = plan.verdict
    if verdict is Verdict.REFUSED or (verdict is Verdict.HELD and not is_approved(run)):
        await manner.on_plan(run, plan)
        rejected = verdict is Verdict.HELD and run.rejection is not None
        return RunState.REJECTED if rejected else STATE_OF_VERDICT[verdict]
    async with meanwhile(manner.on_plan(run, plan)):
        load = await carry_out(run, plan, client, manner.apply, progress, at_once=at_once)
    return state_after_load(load, run.reports)
