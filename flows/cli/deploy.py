"""`scimflow deploy`: the flows, their schedules and their work pool, told to a Prefect server."""

import asyncio
import sys
from typing import Annotated, Any

from cyclopts import Parameter

from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.jobs import Deployed, jobs_of
from flows.project import Project, open_project


def command(
    *,
    config: Config = DEFAULT_CONFIG,
    only_print: Annotated[
        bool,
        Parameter(
            name="--print", negative="", help="Write a prefect.yaml to stdout; deploy nothing."
        ),
    ] = False,
    json: AsJson = False,
) -> int:
    """Tell a Prefect server what to run of this target, when, and on which workers.

    Makes the work pool when it is missing, the limit of `target.shared_limit`, and a deployment for
    each flow, as the settings' `deployments` say. What is there already is brought up to date;
    deploying twice changes nothing. The server is the one of PREFECT_API_URL. A worker then runs
    what is due: `prefect worker start --pool scimflow`.

    Examples:
        scimflow deploy

        scimflow deploy --print > prefect.yaml
    """
    project = open_project(config)
    deployed = jobs_of(project.settings, path_on_workers(project))
    if only_print:
        from flows.prefect_file import prefect_file

        sys.stdout.write(prefect_file(deployed, project.settings.deployments))
        return 0
    made_pool = asyncio.run(_deploy(project, deployed))
    document = deployed_document(deployed)
    if json:
        print_json({"work_pool": project.settings.deployments.work_pool, "deployments": document})
    else:
        _show(project, document, made_pool=made_pool)
    return 0


def path_on_workers(project: Project) -> str:
    """Path of scimflow.yaml for the flows: the settings' word, or where it is on this machine."""
    return project.settings.deployments.configuration or path_here(project)


def path_here(project: Project) -> str:
    """Path of scimflow.yaml on this machine, wherever a run is started from."""
    return str(project.file)


async def _deploy(project: Project, deployed: tuple[Deployed, ...]) -> bool:
    from flows.prefect_setting import prefect_client

    wanted = project.settings.deployments
    async with prefect_client() as client:
        from flows.deploying import find_work_pool, register
        from flows.notifying import set_up
        from flows.shared_limit import ensure_limit

        made_pool = await find_work_pool(client, wanted)
        await set_up(client, project, await register(client, deployed, wanted))
        await ensure_limit(project.settings.target)
    return made_pool


def deployed_document(deployed: tuple[Deployed, ...]) -> list[dict[str, Any]]:
    """What was deployed, as plain values."""
    return [
        {
            "deployment": f"{each.job.flow}/{each.name}",
            "cron": each.schedule.cron if each.schedule else None,
            "time_zone": each.time_zone if each.schedule else None,
            "active": bool(each.schedule and each.schedule.active),
            "if_busy": each.parameters.get("if_busy"),
        }
        for each in deployed
    ]


def _show(project: Project, document: list[dict[str, Any]], *, made_pool: bool) -> None:
    from rich.text import Text

    from tasks.report.terminal_deployments import deployments_view

    wanted = project.settings.deployments
    out = results()
    out.print(deployments_view(document))
    made = "made" if made_pool else "is there"
    out.print(Text(f"work pool {wanted.work_pool} ({wanted.pool_type}): {made}"))
    out.print(Text(f"next: prefect worker start --pool {wanted.work_pool}"))
