"""`scimflow quarantine export`: rows that are set aside, for an analyst to correct."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from data_contracts.errors import ConfigurationError
from data_contracts.quarantine import Quarantine
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day
from flows.cli.quarantine.options import Now, Run, Source
from flows.private_output import write_private
from flows.project import open_project
from flows.quarantined import find_quarantine, of_source
from tasks.ledger import open_ledger

JSON_LINES = (".jsonl", ".ndjson")


def export(
    run: Run = None,
    /,
    *,
    output: Annotated[
        Path, Parameter(name=["--output", "-o"], help="File to write (0600); .jsonl or .csv.")
    ],
    source: Source = None,
    now: Now = False,
    as_of: Day = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Write the rows of a source that were set aside to a file, for an analyst to correct.

    CSV is safe to open in a spreadsheet: a cell that would be taken for a formula gets an
    apostrophe in front, which is taken away again by `replay`. JSON Lines keep every cell as it is.
    Only cells that a broken rule is about can be corrected.

    Examples:
        scimflow quarantine export --source hr -o to-correct.csv

        scimflow quarantine export --now -o to-correct.jsonl
    """
    from tasks.report.quarantine_pages import returnable_csv, returnable_jsonl

    project = open_project(config)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        found = find_quarantine(project, ledger, run, now=now, day=as_of)
        found = of_source(found, source, list(project.settings.sources))
    _check(found)
    as_lines = output.suffix.lower() in JSON_LINES
    data = returnable_jsonl(found.rows) if as_lines else returnable_csv(found.rows)
    write_private(output, [data], "the quarantined rows")
    count = len(found.rows)
    if json:
        print_json({"file": str(output), "rows": count, "source": found.rows[0].source})
    else:
        written = f"written: {output}, {count:,} {'row' if count == 1 else 'rows'}; it holds"
        text = f"{written} personal values\nnext: correct it, then scimflow quarantine replay"
        results().print(Text(f"{text} {output}"))
    return 0


def _check(found: Quarantine) -> None:
    """Stop when there is nothing to write, or not all of it in one table."""
    if found.without_cells:
        raise ConfigurationError(
            "the run's file of quarantined rows is not here: "
            f"{', '.join(found.without_cells)} of run {found.run.run_id if found.run else ''}",
            hint="run this on the machine that ran it, or use --now for the exports at hand",
        )
    sources = sorted({row.source for row in found.rows})
    if not sources:
        raise ConfigurationError("no row is set aside", hint="there is nothing to correct")
    if len(sources) > 1:
        raise ConfigurationError(
            f"rows of {' and '.join(sources)} are set aside, and a file holds those of one",
            hint="name one with --source",
        )
