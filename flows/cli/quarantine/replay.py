"""`scimflow quarantine replay`: corrected rows, back through the contract."""

import asyncio
import getpass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from data_contracts.errors import EXIT_CONTRACT
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day
from flows.cli.quarantine.options import By, Note
from flows.project import open_project, utc_now
from flows.replaying import replay
from tasks.ledger import open_ledger
from tasks.report.blocks import as_view


def replay_file(
    file: Annotated[Path, Parameter(help="What `quarantine export` wrote, with corrected cells.")],
    /,
    *,
    by: By = None,
    note: Note = "",
    dry_run: Annotated[
        bool, Parameter(negative="", help="Only tell what would go on; keep nothing.")
    ] = False,
    as_of: Day = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Take corrected rows back: those that keep their contract now go on in the next plan and sync.

    The rows are checked together with the export at hand. A correction counts as long as the export
    has what was corrected: when the source writes anything else there, the source's word counts
    again. Who replayed what and when goes to the ledger. Exit code 0 when every row of the file
    goes on, 4 when one does not.

    Examples:
        scimflow quarantine replay to-correct.csv --note "asked the line manager"

        scimflow quarantine replay to-correct.jsonl --dry-run
    """
    from tasks.report.quarantine_pages import replay_blocks, replay_document

    project = open_project(config)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=dry_run) as reader:
        found = asyncio.run(replay(project, reader, file, as_of))
    if not dry_run and found.rows:
        with open_ledger(project.ledger_url, folder=project.folder) as ledger:
            ledger.record_corrections(
                project.settings.target.name,
                found.rows,
                by=by or getpass.getuser(),
                note=note,
                at=utc_now(),
            )
    if json:
        print_json(replay_document(found, dry_run=dry_run))
    else:
        results().print(as_view(replay_blocks(found, dry_run=dry_run)))
    return 0 if found.all_go_on else EXIT_CONTRACT
