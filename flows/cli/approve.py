"""`scimflow approve`: releases a held plan."""

import getpass
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from data_contracts.approval import Approval
from data_contracts.errors import PlanRefused
from data_contracts.words import Verdict
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.project import open_project, utc_now
from flows.saved_plans import find_plan
from tasks.ledger import open_ledger


def command(
    plan: Annotated[str, Parameter(help="A plan's file, its digest, or the id of its run.")],
    /,
    *,
    by: Annotated[
        str | None, Parameter(help="Who approves; the login name when not given.")
    ] = None,
    note: Annotated[str, Parameter(help="Why; goes to the ledger.")] = "",
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Release a held plan, for its digest alone; who and when goes to the ledger.

    Carry it out with `scimflow apply`. A plan that a guardrail refuses cannot be approved.

    Examples:
        scimflow approve 20260304-060000-a1b2 --note "office closed, checked with HR"
    """
    project = open_project(config)
    saved = find_plan(project, plan)
    if saved.verdict is Verdict.REFUSED:
        refused = "; ".join(g.message for g in saved.guardrails if g.verdict is Verdict.REFUSED)
        raise PlanRefused(f"this plan cannot be approved: {refused}")
    approval = Approval(saved.digest, by or getpass.getuser(), utc_now(), note)
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        ledger.approve(approval)
    if json:
        print_json({"digest": approval.plan_digest, "approved_by": approval.approved_by})
    else:
        text = f"approved by {approval.approved_by}: {approval.plan_digest}"
        results().print(Text(f"{text}\nnext: scimflow apply {plan}"))
    return 0
