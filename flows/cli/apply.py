"""`scimflow apply`: exactly one saved plan."""

from collections.abc import Awaitable
from typing import Annotated, Any

from cyclopts import Parameter

from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.cli.tracked_run import run_flow
from flows.project import find_token, open_project
from flows.saved_plans import find_plan


def command(
    plan: Annotated[str, Parameter(help="A plan's file, its digest, or the id of its run.")],
    /,
    *,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Carry out exactly the plan that was reviewed.

    The plan is made again and compared: when source, target or settings moved since, nothing is
    written, and the command says what moved (exit code 3). A held plan needs an approval first.

    Examples:
        scimflow apply monday.plan.json

        scimflow apply 20260304-060000-a1b2
    """
    project = open_project(config)
    find_plan(project, plan)
    find_token(project)

    def start() -> Awaitable[Any]:
        from flows.apply_plan import apply_plan

        return apply_plan(plan, str(config), return_state=True)

    return run_flow(start, json=json)
