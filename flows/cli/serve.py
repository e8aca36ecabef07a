"""`scimflow serve`: schedules and runs on one machine, without a work pool."""

import asyncio
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from flows.cli.console import results
from flows.cli.deploy import deployed_document, path_here
from flows.cli.options import DEFAULT_CONFIG, Config
from flows.jobs import Deployed, jobs_of
from flows.project import Project, find_token, open_project


def command(
    *,
    config: Config = DEFAULT_CONFIG,
    places: Annotated[
        PositiveInt,
        Parameter(help="Most runs at the same time; one that waits for another takes a place."),
    ] = 4,
) -> int:
    """Run what is due of this target on this machine, until Ctrl-C.

    For one machine: the same deployments and notifications as `scimflow deploy` sets up, without a
    work pool and a worker. The Prefect server is the one of PREFECT_API_URL. When the command ends,
    the schedules are paused.

    Examples:
        scimflow serve

        scimflow serve --places 2
    """
    project = open_project(config)
    find_token(project)  # what the runs will need is missed now, not at night
    asyncio.run(_serve(project, jobs_of(project.settings, path_here(project)), places))
    return 0


async def _serve(project: Project, deployed: tuple[Deployed, ...], places: int) -> None:
    from rich.text import Text

    from flows.prefect_setting import prefect_client
    from tasks.report.terminal_deployments import deployments_view

    async with prefect_client() as client:
        from flows.deploying import register
        from flows.notifying import set_up
        from flows.serving import leave_work_pools, serve
        from flows.shared_limit import ensure_limit

        await leave_work_pools(client, deployed)
        await set_up(client, project, await register(client, deployed, None))
        await ensure_limit(project.settings.target)
    out = results()
    out.print(deployments_view(deployed_document(deployed)))
    out.print(Text("serving; Ctrl-C ends it and pauses the schedules"))
    await serve(deployed, places)
