"""`scimflow quarantine withdraw`: a correction that shall no longer count."""

import getpass
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.cli.quarantine.options import By, Note
from flows.project import open_project, utc_now
from tasks.ledger import open_ledger


def withdraw(
    number: Annotated[int, Parameter(help="The correction's number, from `quarantine list`.")],
    /,
    *,
    by: By = None,
    note: Note = "",
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Take a correction back: the row counts again as the export has it. Its cells are erased.

    Examples:
        scimflow quarantine withdraw 3 --note "the other date was right"
    """
    project = open_project(config)
    who = by or getpass.getuser()
    with open_ledger(project.ledger_url, folder=project.folder) as ledger:
        ledger.withdraw_correction(
            project.settings.target.name, number, by=who, note=note, at=utc_now()
        )
    if json:
        print_json({"withdrawn": number, "by": who})
    else:
        results().print(Text(f"correction {number} no longer counts (withdrawn by {who})"))
    return 0
