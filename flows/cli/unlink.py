"""`scimflow unlink`: a person decides that an account is not somebody's."""

import asyncio
import getpass
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, DecidedBy, Why
from flows.linking import unlink
from flows.project import open_project
from tasks.report.documents import link_document


def command(
    person: Annotated[str, Parameter(help="The person's worker key.")],
    /,
    *,
    note: Why,
    by: DecidedBy = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Take a person's link to an account away by hand; the account is left as it is.

    The next plan looks for the person's account anew: it may find the same one by externalId,
    userName or e-mail. To give the account to somebody else, use `scimflow link --take-from`. Who
    decided and why goes to the ledger.

    Examples:
        scimflow unlink 001017 --note "linked to a namesake's account"
    """
    decision = asyncio.run(
        unlink(open_project(config), person, by=by or getpass.getuser(), note=note)
    )
    if json:
        print_json(link_document(decision))
    else:
        told = f"worker {decision.worker_key} is no longer linked to account {decision.account_id}"
        results().print(Text(f"{told}, by {decision.by}\nnext: scimflow plan"))
    return 0
