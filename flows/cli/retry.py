"""`scimflow retry`: what failed, again and now."""

from collections.abc import Awaitable
from typing import Annotated, Any

from cyclopts import Parameter

from data_contracts.as_of import AsOf
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day
from flows.cli.tracked_run import run_flow
from flows.project import find_token, open_project
from flows.retrying import whom_to_retry
from tasks.ledger import open_ledger


def command(
    of: Annotated[
        str, Parameter(help="A person (worker key, userName, account id) or a run that failed.")
    ],
    /,
    *,
    as_of: Day = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Try again now what earlier runs did not bring about, for one person or for a run's people.

    Every sync tries failed operations again by itself, first and at growing distance: in the next
    run, then after 1 hour, 2 hours, 4 hours, at most 20. This does not wait. It runs the Prefect
    flow retry-failed: what is to be done is planned anew, for these people alone, under the same
    guardrails. Exit codes are those of sync.

    Examples:
        scimflow retry 20260304-060000-a1b2

        scimflow retry ada@example.com
    """
    project = open_project(config)
    find_token(project)  # wrong settings are said at once, not after Prefect's start
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        people = whom_to_retry(ledger, project.settings.target.name, of)
        run = ledger.run(of)
    # a person goes to Prefect by worker key, whatever they were called by
    subject = run.run_id if run is not None else next(iter(people))

    day = None if as_of is None else AsOf.parse(as_of).day

    def start() -> Awaitable[Any]:
        from flows.retry_failed import retry_failed

        return retry_failed(subject, str(config), as_of=day, return_state=True)

    return run_flow(start, json=json)
