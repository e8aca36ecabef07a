"""`scimflow plan`: everything but the writing."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from data_contracts.errors import EXIT_CHANGES, EXIT_HELD
from data_contracts.words import Verdict
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day, ShowValues
from flows.cli.progress import telling
from flows.cli.reading import read_plan
from flows.private_output import write_private
from tasks.report.documents import plan_document
from tasks.report.terminal import plan_view


def command(
    *,
    output: Annotated[
        Path | None, Parameter(name=["--output", "-o"], help="File to save the plan in (0600).")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    as_of: Day = None,
    show_values: ShowValues = False,
    json: AsJson = False,
) -> int:
    """Show what would be done to whom and why, with the plan's digest and the guardrails' verdict.

    Reads the exports and the target; writes nothing but the file asked for. Exit code 0 when there
    is nothing to do, 2 when there is, 3 when a guardrail holds or refuses the plan.

    Examples:
        scimflow plan

        scimflow plan -o monday.plan.json

        scimflow plan --as-of 2026-03-02 --show-values
    """
    with telling(lines=False, quiet=json) as tell:
        project, prepared = asyncio.run(read_plan(config, as_of, tell))
    plan = prepared.plan
    if output is not None:
        write_private(output, plan.pieces(), "the plan")
    show = show_values or project.settings.report.show_values
    if json:
        print_json(plan_document(plan, plan.digest, show_values=show))
    else:
        saved = str(output) if output else None
        results().print(plan_view(plan, plan.digest, show_values=show, reference=saved))
    if plan.verdict is not Verdict.SAFE:
        return EXIT_HELD
    return 0 if plan.is_empty else EXIT_CHANGES
