"""`scimflow quarantine show`: one row that is set aside."""

from typing import Annotated

from cyclopts import Parameter

from data_contracts.errors import ConfigurationError
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day, ShowValues
from flows.cli.quarantine.options import Now
from flows.project import open_project
from flows.quarantined import find_quarantine
from tasks.ledger import open_ledger
from tasks.report.blocks import as_view


def show(
    row: Annotated[str, Parameter(help="A row as SOURCE:LINE, or a worker key.")],
    run: Annotated[str | None, Parameter(help="A run; the last one if not given.")] = None,
    /,
    *,
    now: Now = False,
    as_of: Day = None,
    show_values: ShowValues = False,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Show a row that was set aside: file, line, every rule that it breaks, and its columns.

    Cells are shown with --show-values alone, from the run's file that its owner alone may read.

    Examples:
        scimflow quarantine show hr:22

        scimflow quarantine show 00021 --show-values
    """
    from tasks.report.quarantine_pages import row_blocks, row_document

    project = open_project(config)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        found = find_quarantine(project, ledger, run, now=now, day=as_of)
    chosen = [r for r in found.rows if row in (f"{r.source}:{r.line}", r.worker_key)]
    if not chosen:
        raise ConfigurationError(
            f"no row {row!r} is set aside", hint="`scimflow quarantine list` names those that are"
        )
    show_cells = show_values or project.settings.report.show_values
    if json:
        print_json({"rows": [row_document(each, show_cells) for each in chosen]})
    else:
        blocks = [block for each in chosen for block in row_blocks(each, show_cells)]
        results().print(as_view(blocks))
    return 0
