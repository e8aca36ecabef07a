"""`scimflow ledger backup`: a copy of the ledger."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.project import open_project
from tasks.ledger import open_ledger
from tasks.ledger.backup import back_up


def backup(
    file: Annotated[Path, Parameter(help="Where to; must not be there yet.")],
    /,
    *,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Copy the ledger into one file, as of one moment; runs may go on meanwhile.

    For a ledger in SQLite; one in PostgreSQL is backed up with `pg_dump`. The file holds what the
    ledger holds, and is for its owner alone.

    Examples:
        scimflow ledger backup /backups/ledger-2026-03-02.db
    """
    project = open_project(config)
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        back_up(ledger.database, file)
        head = str(ledger.head())
    if json:
        print_json({"file": str(file), "head": head})
    else:
        results().print(Text(f"written: {file}\nhead of the audit trail: {head}"))
    return 0
