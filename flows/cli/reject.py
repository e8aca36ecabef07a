"""`scimflow reject`: says no to a held plan."""

from typing import Annotated

from cyclopts import Parameter

from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.deciding import reject_plan
from flows.project import open_project
from flows.saved_plans import find_plan
from tasks.report.terminal_decision import decision_document, rejected_view


def command(
    plan: Annotated[str, Parameter(help="A plan's file, its digest, or the id of its run.")],
    /,
    *,
    reason: Annotated[str, Parameter(help="Why; goes to the ledger.")],
    by: Annotated[str | None, Parameter(help="Who rejects; the login name when not given.")] = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Say no to a held plan; who, when and why goes to the ledger, and nothing is written.

    The run that waits for it ends as rejected. What was approved of the plan before no longer
    counts; whoever approves it later overrules this.

    Examples:
        scimflow reject 20260304-060000-a1b2 --reason "half of the office is missing in the export"
    """
    project = open_project(config)
    decided = reject_plan(project, find_plan(project, plan), by, reason)
    if json:
        print_json(decision_document(decided, "rejected_by"))
    else:
        results().print(rejected_view(decided))
    return 0
