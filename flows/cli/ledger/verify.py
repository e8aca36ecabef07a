"""`scimflow ledger verify`: whether the audit trail is what was written."""

from typing import Annotated

from cyclopts import Parameter

from data_contracts.chain import Head
from data_contracts.errors import EXIT_CHANGES
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.cli.progress import telling
from flows.project import open_project
from flows.trail import noted_heads
from tasks.ledger import open_ledger
from tasks.report.terminal_trail import verification_document, verification_view

TELL_EVERY = 5000
"""Entries between two words about how far it is: some seconds."""


def verify(
    *,
    head: Annotated[
        list[str] | None,
        Parameter(help="A head that was noted, as 17@sha256:…; may be given several times."),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Tell whether a row of the audit trail was changed, deleted, inserted, reordered or cut off.

    Walks the whole chain. It has to lead to each head that is given, and to those that the folders
    of runs hold (`ledger-head.txt`): without any, a cut of the newest rows does not show. Exit code
    2 when something is wrong. Only reads.

    Examples:
        scimflow ledger verify

        scimflow ledger verify --head 17@sha256:44136fa355b3...
    """
    project = open_project(config)
    heads = [Head.parse(text) for text in head or ()]
    heads += noted_heads(project.runs_folder)
    with (
        telling(lines=False, quiet=json) as tell,
        open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger,
    ):

        def progress(entries: int) -> None:
            if entries % TELL_EVERY == 0:
                tell(f"verifying: {entries:,} entries walked")

        found = ledger.verify(heads, progress)
        place = ledger.place
    if json:
        print_json(verification_document(found))
    else:
        results().print(verification_view(found, place, len(heads)))
    return 0 if found.is_whole else EXIT_CHANGES
