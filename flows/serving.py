"""Serving deployments from one process: schedules kept by the server, runs started here."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.deploying import flow_of
from flows.jobs import Deployed


async def leave_work_pools(client: PrefectClient, deployed: Iterable[Deployed]) -> None:
    """Take deployments away from a work pool that they were deployed to before.

    An update leaves the pool where it is, and a worker of it would take the runs too. The runs'
    history stays.
    """
    for each in deployed:
        try:
            present = await client.read_deployment_by_name(f"{each.job.flow}/{each.name}")
        except ObjectNotFound:
            continue
        if present.work_pool_name is not None:
            await client.delete_deployment(present.id)


async def serve(deployed: Iterable[Deployed], places: int) -> None:
    """Start what is due until the process is told to end; the schedules are paused then.

    Args:
        deployed: Registered already.
        places: Most runs at the same time.
    """
    runner = _Runner(name="scimflow", limit=places, pause_on_shutdown=True)
    for each in deployed:
        await runner.aadd_deployment(await _served(each))
    serving = asyncio.create_task(runner.start())
    runner.on_sigterm(serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        if not runner.was_told_to_end:
            raise


class _Runner(Runner):
    """Ends in order on SIGTERM too: the library's handler exits before it pauses the schedules."""

    was_told_to_end = False

    def on_sigterm(self, end: Callable[[], object]) -> None:
        """Call this when the process is told to end, in the event loop that runs now."""
        self._our_loop, self._our_end = asyncio.get_running_loop(), end

    def handle_sigterm(self, *args: Any, **kwargs: Any) -> None:
        """Take in SIGTERM; the runner has installed this as its handler."""
        self.was_told_to_end = True
        self._our_loop.call_soon_threadsafe(self._our_end)


async def _served(deployed: Deployed) -> RunnerDeployment:
    schedule = deployed.schedule
    slug = deployed.job.name
    schedules = (
        None
        if schedule is None
        else [Cron(schedule.cron, timezone=deployed.time_zone, active=schedule.active, slug=slug)]
    )
    found = await flow_of(deployed).ato_deployment(
        deployed.name,
        schedules=schedules,
        paused=False,
        parameters=dict(deployed.parameters),
        description=deployed.job.about,
        tags=list(deployed.tags),
        enforce_parameter_schema=True,
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1, collision_strategy=ConcurrencyLimitStrategy(deployed.collision)
        ),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return found
