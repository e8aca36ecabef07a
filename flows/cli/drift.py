"""`scimflow drift`: target against desired, read-only."""

import asyncio

from data_contracts.errors import EXIT_CHANGES
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day, ShowValues
from flows.cli.progress import telling
from flows.cli.reading import read_plan
from tasks.report.documents import plan_document
from tasks.report.terminal import drift_view


def command(
    *,
    config: Config = DEFAULT_CONFIG,
    as_of: Day = None,
    show_values: ShowValues = False,
    json: AsJson = False,
) -> int:
    """Show where the target differs from what the exports say. Writes nothing.

    Exit code 0 when they are in line, 2 when they differ (whatever a guardrail would say).

    Examples:
        scimflow drift

        scimflow drift --json
    """
    with telling(lines=False, quiet=json) as tell:
        project, prepared = asyncio.run(read_plan(config, as_of, tell))
    plan = prepared.plan
    show = show_values or project.settings.report.show_values
    if json:
        print_json(plan_document(plan, plan.digest, show_values=show))
    else:
        results().print(drift_view(plan, show_values=show))
    return EXIT_CHANGES if plan.is_out_of_step else 0
