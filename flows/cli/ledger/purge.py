"""`scimflow ledger purge`: a pseudonym in the place of one person."""

import getpass
from typing import Annotated

from cyclopts import Parameter

from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, DecidedBy, Why
from flows.keeping import purge
from flows.project import open_project
from tasks.report.terminal_keeping import kept_document, kept_view


def purge_person(
    person: Annotated[str, Parameter(help="Worker key, account id or userName.")],
    /,
    *,
    note: Why,
    by: DecidedBy = None,
    yes: Annotated[
        bool, Parameter(negative="", help="Do it; only counts what would be done otherwise.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Put a pseudonym in the place of one person, in the ledger and in the folders of runs.

    What was done, when and why stays, and `scimflow ledger verify` still proves it; who it was done
    to goes, and cannot be brought back. Refused while scimflow keeps the person's account active.
    Backups, the exports, the target and Prefect's database are not touched. The note must not name
    the person.

    Examples:
        scimflow ledger purge 001017 --note "request of 2026-03-02"

        scimflow ledger purge 001017 --note "request of 2026-03-02" --yes
    """
    kept = purge(open_project(config), person, by=by or getpass.getuser(), note=note, dry=not yes)
    if json:
        print_json(kept_document(kept.ledger, kept.files, kept.renamed, done=yes))
    else:
        results().print(kept_view(kept.ledger, kept.files, kept.renamed, done=yes))
    return 0
