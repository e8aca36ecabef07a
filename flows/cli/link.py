"""`scimflow link`: a person decides whose account it is."""

import asyncio
import getpass
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day, DecidedBy, Why
from flows.cli.progress import telling
from flows.linking import link
from flows.project import open_project
from tasks.report.documents import link_document


def command(
    person: Annotated[str, Parameter(help="The person's worker key.")],
    account: Annotated[str, Parameter(help="The account's userName or SCIM id.")],
    /,
    *,
    note: Why,
    by: DecidedBy = None,
    take_from: Annotated[
        str | None, Parameter(help="Worker key of who has the account until now.")
    ] = None,
    as_of: Day = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Link a person to an account by hand, where scimflow leaves the decision to a person.

    For findings such as account-conflict, account-ambiguous and account-claimed: somebody came back
    under a new number, or an address is another person's now. The exports and the target are read,
    nothing is written to the target; the next plan treats the account as this person's. Who decided
    and why goes to the ledger.

    Examples:
        scimflow link 001017 ada@example.com --note "account made by hand in 2024"

        scimflow link 002040 7b2f9c --take-from 001017 --note "same person, new number"
    """
    with telling(lines=False, quiet=json) as tell:
        decision = asyncio.run(
            link(
                open_project(config),
                person,
                account,
                by=by or getpass.getuser(),
                note=note,
                taken_from=take_from,
                as_of=as_of,
                tell=tell,
            )
        )
    if json:
        print_json(link_document(decision))
    else:
        told = f"worker {decision.worker_key} is linked to account {decision.account_id}"
        results().print(Text(f"{told}, by {decision.by}\nnext: scimflow plan"))
    return 0
