"""`scimflow approve`: releases a held plan."""

from typing import Annotated

from cyclopts import Parameter

from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.deciding import approve_plan
from flows.project import open_project
from flows.saved_plans import find_plan
from tasks.report.terminal_decision import approved_view, decision_document


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

    The run that waits for it goes on. Where none waits, carry the plan out with `scimflow apply`.
    A plan that a guardrail refuses cannot be approved. With `approval.people: 2` two different
    people have to approve.

    Examples:
        scimflow approve 20260304-060000-a1b2 --note "office closed, checked with HR"
    """
    project = open_project(config)
    saved = find_plan(project, plan)
    decided = approve_plan(project, saved, by, note)
    if json:
        print_json(decision_document(decided, "approved_by"))
    else:
        results().print(approved_view(decided, plan, in_turn=bool(saved.basis.beside)))
    return 0
