"""`scimflow explain`: why a person has what they have."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from data_contracts.errors import ConfigurationError
from data_contracts.explanation import Explanation
from flows.cli.console import print_json, results
from flows.cli.days import Output, ending_of
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day, ShowValues
from flows.cli.progress import telling
from flows.explaining import explain
from flows.pipeline import Preparation
from flows.private_output import write_private
from flows.project import open_project, utc_now
from flows.stages import PLAIN
from flows.telling import Teller
from tasks.ledger import open_ledger
from tasks.report.documents import explain_document
from tasks.report.explanation_files import explanation_file
from tasks.report.terminal import explain_view


def command(
    person: Annotated[
        str, Parameter(help="Worker key, userName, e-mail, externalId or account id.")
    ],
    /,
    *,
    config: Config = DEFAULT_CONFIG,
    as_of: Day = None,
    show_values: ShowValues = False,
    output: Output = None,
    json: AsJson = False,
) -> int:
    """Tell why a person has what they have, from the rows to the verified writes of all runs.

    Walks source rows, contract results, lifecycle, scope, mapping and role as the exports at hand
    have them, then the ledger: operations, HTTP exchanges, verification. Contacts no target.

    Examples:
        scimflow explain ada@example.com

        scimflow explain 001017 --show-values

        scimflow explain 001017 -o why.csv
    """
    ending = None if output is None else ending_of(output)
    show = show_values or open_project(config).settings.report.show_values
    with telling(lines=False, quiet=json) as tell:
        found = asyncio.run(_explain(config, as_of, tell, person))
    if found.worker_key is None and not found.rows and not found.history:
        raise ConfigurationError(
            f"neither the exports nor the ledger know {person!r}"
            + (f" (the exports could not be used: {found.problem})" if found.problem else ""),
            hint="give a worker key, a userName, an e-mail address, an externalId or an account id",
        )
    if output is not None and ending is not None:
        content = explanation_file(found, ending, show_values=show)
        write_private(output, [content], "why somebody has what they have")
    if json:
        print_json(explain_document(found, show_values=show))
    elif output is not None:
        results().print(Text(f"written: {output}"))
    else:
        results().print(explain_view(found, show_values=show))
    return 0


async def _explain(config: Path, as_of: str | None, tell: Teller, person: str) -> Explanation:
    project = open_project(config)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        preparation = Preparation(
            project, PLAIN, ledger, project.as_of(as_of), utc_now(), tell=tell
        )
        return await explain(preparation, person)
