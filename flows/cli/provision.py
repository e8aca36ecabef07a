"""`scimflow provision`: one person, now."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from data_contracts.as_of import AsOf
from data_contracts.errors import EXIT_CHANGES, EXIT_HELD
from data_contracts.words import Verdict
from flows.cli.console import errors, print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day, ShowValues
from flows.cli.progress import telling
from flows.cli.tracked_run import run_flow
from flows.persons import find_workers, why_nothing
from flows.pipeline import Preparation, check_sources, prepare_plan
from flows.project import Project, find_token, open_project, utc_now
from flows.stages import PLAIN
from tasks.ledger import open_ledger
from tasks.report.documents import plan_document
from tasks.report.terminal import plan_view
from tasks.scim.client import open_client


def command(
    person: Annotated[str, Parameter(help="Worker key, userName, e-mail, externalId, account id.")],
    /,
    *,
    dry_run: Annotated[
        bool, Parameter(negative="", help="Show what would be done; write nothing.")
    ] = False,
    as_of: Day = None,
    config: Config = DEFAULT_CONFIG,
    show_values: ShowValues = False,
    json: AsJson = False,
) -> int:
    """Bring one person's account in step with the newest exports now, and nobody else's.

    Whatever the exports say of the person is done: an account made, changed, brought back, or
    deactivated for somebody who has left. Runs the Prefect flow provision-person under the same
    guardrails as a sync, with its exit codes; with --dry-run it is a plan for this person, and ends
    with 2 when something is to be done, 3 when a guardrail holds it.

    Examples:
        scimflow provision ada@example.com --dry-run

        scimflow provision 001017
    """
    project = open_project(config)
    find_token(project)  # wrong settings are said at once, not after Prefect's start
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        preparation = Preparation(project, PLAIN, ledger, project.as_of(as_of), utc_now())
        (worker,) = asyncio.run(find_workers(preparation, [person])).workers
        if dry_run:
            return _plan(project, preparation, worker, show_values=show_values, json=json)

    day = None if as_of is None else AsOf.parse(as_of).day

    def start() -> Awaitable[Any]:
        from flows.provision_person import provision_person

        # a person goes to Prefect by worker key, whatever they were called by
        return provision_person(worker, str(config), as_of=day, return_state=True)

    return run_flow(start, json=json)


def _plan(
    project: Project, preparation: Preparation, worker: str, *, show_values: bool, json: bool
) -> int:
    async def make() -> Any:
        with telling(lines=False, quiet=json) as tell:
            asked = replace(preparation, tell=tell, only=frozenset({worker}))
            sources = await check_sources(asked)
            client = open_client(
                project.settings.target, find_token(project), folder=project.folder
            )
            async with client:
                return await prepare_plan(asked, client, sources)

    prepared = asyncio.run(make())
    plan, show = prepared.plan, show_values or project.settings.report.show_values
    if json:
        print_json(plan_document(plan, plan.digest, show_values=show))
    else:
        results().print(plan_view(plan, plan.digest, show_values=show))
    if plan.verdict is not Verdict.SAFE:
        return EXIT_HELD
    if plan.is_empty:
        errors().print(Text(why_nothing(prepared.people, worker)))
        return 0
    return EXIT_CHANGES
