"""Every Prefect task: a step with a name that explains itself in the UI, and nothing else.

Tasks are steps and batches, never single people. What holds people is passed in memory, quoted so
that Prefect does not walk through it, with caching and result persistence off: no row and no
payload reaches Prefect's database. Only reading is repeated by Prefect; writing never is, since the
loader alone knows when a write may be repeated.
"""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import httpx
from prefect import get_run_logger, task
from prefect.artifacts import (
    acreate_image_artifact,
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.blocks.system import Secret
from prefect.cache_policies import NO_CACHE
from prefect.tasks import Task
from prefect.utilities.annotations import quote

from data_contracts.as_of import AsOf
from data_contracts.batch import CheckedBatch, RawBatch
from data_contracts.configuration import Configuration, SourceSettings
from data_contracts.desired import DesiredPeople
from data_contracts.errors import DEBUG_VARIABLE, InternalError, ScimflowError
from data_contracts.export_contract import ExportContract
from data_contracts.outcome import Outcome
from data_contracts.partitions import spread_here
from data_contracts.plan import Plan, PlannedOperation
from data_contracts.snapshot import TargetSnapshot
from data_contracts.teams import TeamSnapshot, TeamsWanted
from tasks.extract.sources import read_source
from tasks.extract.target import read_target
from tasks.extract.teams import read_teams
from tasks.load.session import LoadSession
from tasks.plan.make import PlanInputs, make_plan
from tasks.scim.client import ScimClient
from tasks.transform.people import CheckedBatches, build_desired
from tasks.validate.check import check_batch

P = ParamSpec("P")
R = TypeVar("R")

READ_RETRIES = 2  # a share that was away for a moment; the loader's own patience covers the target
READ_RETRY_DELAYS_S: list[float] = [2, 10]


def _read_block(name: str) -> str:
    block = Secret.load(name, _sync=True)  # type: ignore[call-arg]
    return str(block.get())  # type: ignore[union-attr]


def _write_block(name: str, value: str) -> None:
    Secret(value=value).save(name, overwrite=True, _sync=True)  # type: ignore[call-arg]


def _is_worth_repeating(task: Any, run: Any, state: Any) -> bool:
    """A file system that failed may come back; an export that is wrong stays wrong."""
    error = state.data
    return error.transient if isinstance(error, ScimflowError) else isinstance(error, OSError)


def discreet(
    function: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """Keep the words of a defect back: Prefect stores them, and they may hold a person's values.

    Errors of files pass: they name paths, and no person.
    """

    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await function(*args, **kwargs)
        except (ScimflowError, OSError):
            raise
        except Exception as error:
            if os.environ.get(DEBUG_VARIABLE):
                raise
            raise InternalError.of(error) from None

    return call


def in_memory(step: Task[P, Coroutine[Any, Any, R]]) -> Callable[P, Awaitable[R]]:
    """Call a task with arguments that Prefect does not look into.

    Prefect walks through a task's arguments in search of states: 70 microseconds for each operation
    of a plan, 7 seconds for 100,000. Quoted ones are passed as they are.
    """

    @wraps(step.fn)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        quoted = [a if isinstance(a, str | int) else quote(a) for a in args]
        named = {k: a if isinstance(a, str | int) else quote(a) for k, a in kwargs.items()}
        return await step(*quoted, **named)  # type: ignore[arg-type]

    return call


@task(
    name="extract",
    task_run_name="extract-{source}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=READ_RETRIES,
    retry_delay_seconds=READ_RETRY_DELAYS_S,
    retry_condition_fn=_is_worth_repeating,
)
@discreet
async def extract_export(
    source: str,
    settings: SourceSettings,
    contract: ExportContract,
    folder: Path,
    now: datetime,
    as_of: AsOf,
) -> RawBatch:
    """Read one export into columns of text, or ask a system for it."""
    return await read_source(
        source,
        settings,
        contract,
        folder=folder,
        now=now,
        as_of=as_of,
        blocks=(_read_block, _write_block),
    )


@task(
    name="validate",
    task_run_name="validate-{source}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
@discreet
async def check_export(
    source: str, batch: RawBatch, contract: ExportContract, as_of: AsOf
) -> CheckedBatch:
    """Hold one export against its contract: accepted rows, quarantined rows, verdict."""
    return check_batch(batch, contract, as_of=as_of.latest, spread=spread_here())


@task(name="transform", task_run_name="transform", cache_policy=NO_CACHE, persist_result=False)
@discreet
async def transform_people(
    checked: CheckedBatches, settings: Configuration, as_of: AsOf
) -> DesiredPeople:
    """Merge the sources into people and work out what the target should hold."""
    return build_desired(checked, settings, as_of, spread=spread_here())


@task(name="read-target", task_run_name="read-target", cache_policy=NO_CACHE, persist_result=False)
@discreet
async def read_accounts(
    client: ScimClient, settings: Configuration, paths: Sequence[str]
) -> TargetSnapshot:
    """List the target's accounts."""
    return await read_target(client, settings.target, paths)


@task(name="read-teams", task_run_name="read-teams", cache_policy=NO_CACHE, persist_result=False)
@discreet
async def read_present_teams(
    client: ScimClient, settings: Configuration, wanted: TeamsWanted
) -> TeamSnapshot:
    """List the target's teams."""
    return await read_teams(client, settings.target, wanted)


@task(name="plan", task_run_name="plan", cache_policy=NO_CACHE, persist_result=False)
@discreet
async def plan_changes(inputs: PlanInputs, settings: Configuration, as_of: AsOf) -> Plan:
    """Correlate, compare, and judge the plan by the guardrails."""
    return make_plan(inputs, settings, as_of)


@task(
    name="load",
    task_run_name="{kind}-{number:03}-of-{total:03}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
@discreet
async def apply_operations(
    kind: str,
    number: int,
    total: int,
    session: LoadSession,
    operations: Sequence[PlannedOperation],
    on_outcome: Callable[[Outcome], None],
) -> tuple[Outcome, ...]:
    """Carry out one batch of operations of one kind; each one's failure is a value."""
    return await session.apply(operations, on_outcome)


extract_export_tracked = in_memory(extract_export)
check_export_tracked = in_memory(check_export)
transform_people_tracked = in_memory(transform_people)
read_accounts_tracked = in_memory(read_accounts)
read_teams_tracked = in_memory(read_present_teams)
plan_changes_tracked = in_memory(plan_changes)
apply_operations_tracked = in_memory(apply_operations)


PATIENCE_S = 45.0
"""Longest wait for a server that answered before: one that is restarted takes 8 to 35 s."""

IMPATIENCE_S = 5.0
"""Likewise for one that did not answer the last time: writes to the target wait meanwhile."""

_away = threading.Event()


def server_is_away() -> bool:
    """Whether Prefect's server did not answer this process when it was told something last."""
    return _away.is_set()


def while_it_answers(
    function: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R | None]]:
    """Show something in the UI, and do without when the server is away.

    A server that is restarted must not end a run in the middle of its writes: what was to be shown
    is in the run's folder and in the ledger too.
    """

    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            async with asyncio.timeout(IMPATIENCE_S if _away.is_set() else PATIENCE_S):
                result = await function(*args, **kwargs)
        except (httpx.HTTPError, TimeoutError) as error:
            _away.set()
            get_run_logger().warning(
                "Prefect's server does not take this in (%s): the run goes on, its report is in "
                "the run's folder",
                type(error).__name__,
            )
            return None
        _away.clear()
        return result

    return call


@while_it_answers
async def publish_markdown(key: str, markdown: str, description: str) -> UUID:
    """Put a page on the run's Artifacts tab.

    Args:
        key: Lower case, digits and dashes; the same key is one series over all runs.
        markdown: Escaped, without personal values.
        description: What the page shows.

    Returns:
        The artifact's id, for links.
    """
    artifact = await acreate_markdown_artifact(markdown=markdown, key=key, description=description)
    return UUID(str(artifact))


@while_it_answers
async def publish_table(key: str, rows: Sequence[dict[str, str]], description: str) -> None:
    """Put a table on the run's Artifacts tab; an empty one is left out."""
    if rows:
        await acreate_table_artifact(table=list(rows), key=key, description=description)


@while_it_answers
async def publish_image(key: str, address: str, description: str) -> None:
    """Put a picture on the run's Artifacts tab.

    Args:
        key: As for a page.
        address: `data:` with the whole picture: a browser asks nobody for it.
        description: What it shows, in words.
    """
    await acreate_image_artifact(image_url=address, key=key, description=description)


@while_it_answers
async def start_progress(description: str) -> UUID:
    """Put a progress bar on the run's Artifacts tab."""
    artifact = await acreate_progress_artifact(progress=0.0, description=description)
    return UUID(str(artifact))


@while_it_answers
async def show_progress(artifact: UUID, percent: float) -> bool:
    """Move the progress bar, in percent from 0 to 100; True when it moved."""
    await aupdate_progress_artifact(artifact_id=artifact, progress=percent)
    return True
