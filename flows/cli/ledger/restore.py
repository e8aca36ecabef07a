"""`scimflow ledger restore`: a copy in the ledger's place."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from data_contracts.errors import EXIT_CHANGES, ConfigurationError
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.project import open_project, utc_now
from tasks.ledger import open_ledger
from tasks.ledger.backup import restore
from tasks.ledger.location import locate
from tasks.report.terminal_keeping import restored_view
from tasks.report.terminal_trail import verification_document, verification_view


def restore_backup(
    file: Annotated[Path, Parameter(help="What `scimflow ledger backup` wrote.")],
    /,
    *,
    yes: Annotated[
        bool, Parameter(negative="", help="Also when there is a ledger: it is put aside.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Put a copy in the ledger's place, and verify it; the ledger that is there is put aside.

    Exit code 2 when the copy's audit trail is not whole.

    Examples:
        scimflow ledger restore /backups/ledger-2026-03-02.db --yes
    """
    project = open_project(config)
    location = locate(project.ledger_url, project.folder)
    if not yes and location.file is not None and location.file.exists():
        raise ConfigurationError(
            f"there is a ledger already: {location.file}", hint="--yes puts it aside first"
        )
    aside = restore(location, file, utc_now())
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        found, place = ledger.verify(), ledger.place
    if json:
        document = verification_document(found)
        print_json({"put_aside": None if aside is None else str(aside), "verified": document})
    else:
        results().print(restored_view(file, aside))
        results().print(verification_view(found, place, 0))
    return 0 if found.is_whole else EXIT_CHANGES
