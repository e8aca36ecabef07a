"""Telling Prefect what is deployed: flows, schedules, work pool. Saying it twice changes nothing.

Deployments are written whole, by the API's own upsert: a schedule that the settings no longer have
goes, which the library's `RunnerDeployment.apply` leaves.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound

from data_contracts.configuration import Deployments
from data_contracts.errors import ConfigurationError
from flows.jobs import Deployed


def flow_of(deployed: Deployed) -> Flow[..., Any]:
    """Import the flow of a deployment."""
    module, _, name = deployed.job.entrypoint.rpartition(".")
    found: Flow[..., Any] = getattr(import_module(module), name)
    return found


async def register(
    client: PrefectClient, deployed: Iterable[Deployed], wanted: Deployments | None
) -> dict[str, UUID]:
    """Tell Prefect of deployments, in place of what it knew of them.

    Args:
        client: Of the Prefect server.
        deployed: The deployments.
        wanted: Names the work pool; None for a runner that serves them.

    Returns:
        The deployments' ids, by the job's name.
    """
    return {each.job.name: await _register(client, each, wanted) for each in deployed}


async def _register(client: PrefectClient, deployed: Deployed, wanted: Deployments | None) -> UUID:
    flow = flow_of(deployed)
    if wanted is None:
        where: dict[str, Any] = {}
    else:
        # no pull step: the flows are installed on the workers, and their folder may be anywhere
        where = {"work_pool_name": wanted.work_pool, "pull_steps": []}
        where["job_variables"] = wanted.variables
    return await client.create_deployment(
        flow_id=await client.create_flow_from_name(flow.name),
        name=deployed.name,
        description=deployed.job.about,
        entrypoint=deployed.job.entrypoint,
        parameters=dict(deployed.parameters),
        parameter_openapi_schema=flow.parameters.model_dump(exclude_unset=True),
        enforce_parameter_schema=True,
        tags=list(deployed.tags),
        schedules=_schedules(deployed),
        concurrency_limit=1,
        concurrency_options=ConcurrencyOptions(
            collision_strategy=ConcurrencyLimitStrategy(deployed.collision)
        ),
        paused=False,
        **where,
    )


def _schedules(deployed: Deployed) -> list[DeploymentScheduleCreate]:
    if deployed.schedule is None:
        return []
    when = CronSchedule(cron=deployed.schedule.cron, timezone=deployed.time_zone)
    return [
        DeploymentScheduleCreate(
            schedule=when, active=deployed.schedule.active, slug=deployed.job.name
        )
    ]


async def find_work_pool(client: PrefectClient, wanted: Deployments) -> bool:
    """Make the work pool when it is missing.

    Returns:
        Whether it was made.

    Raises:
        ConfigurationError: It is there, and of another type; or its kind of worker is not
            installed here.
    """
    try:
        pool = await client.read_work_pool(wanted.work_pool)
    except ObjectNotFound:
        template = _worker(wanted.pool_type).get_default_base_job_template()
        # the template is sent along: without it the server would ask an outside host for one
        await client.create_work_pool(
            WorkPoolCreate(name=wanted.work_pool, type=wanted.pool_type, base_job_template=template)
        )
        return True
    if pool.type != wanted.pool_type:
        raise ConfigurationError(
            f"work pool {wanted.work_pool!r} is of type {pool.type}, and `deployments.pool_type` "
            f"says {wanted.pool_type}",
            hint="name another pool in `deployments.work_pool`, or change `deployments.pool_type`",
        )
    return False


def _worker(pool_type: str) -> Any:
    if pool_type == "process":
        from prefect.workers.process import ProcessWorker

        return ProcessWorker
    try:
        return import_module("prefect_docker.worker").DockerWorker
    except ModuleNotFoundError:
        raise ConfigurationError(
            "`deployments.pool_type: docker` needs the package prefect-docker here and on the "
            "workers",
            hint="pip install 'scimflow[docker]'",
        ) from None
