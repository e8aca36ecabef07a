"""`scimflow history`: what was done."""

from typing import Annotated

from cyclopts import Parameter, validators

from data_contracts.errors import ConfigurationError
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.project import open_project
from tasks.ledger import open_ledger
from tasks.report.documents import history_document
from tasks.report.terminal import history_view
from tasks.report.terminal_runs import runs_document, runs_view


def command(
    subject: Annotated[
        str | None,
        Parameter(
            help="A person (worker key, userName, account id), a team or a run; runs if not given."
        ),
    ] = None,
    /,
    *,
    limit: Annotated[
        int,
        Parameter(help="Most lines to show, the latest ones.", validator=validators.Number(gte=1)),
    ] = 200,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Tell what was done, when, by which run, why, and with which result.

    Reads the ledger alone.

    Examples:
        scimflow history

        scimflow history 20260304-060000-a1b2

        scimflow history ada@example.com

        scimflow history team:Product
    """
    project = open_project(config)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        if subject is None:
            runs = ledger.runs(limit)
            if json:
                print_json(runs_document(runs))
            else:
                results().print(runs_view(runs))
            return 0
        run = ledger.run(subject)
        if run is not None:  # a ledger may be shared: a run tells its own target
            entries = ledger.history(run.target, run=run.run_id, limit=limit)
        else:
            target = project.settings.target.name
            entries = ledger.history(target, person=subject, limit=limit)
    if run is None and not entries:
        raise ConfigurationError(
            f"the ledger knows no run, no person and no team {subject!r}",
            hint="`scimflow history` lists the runs; a person is a worker key, userName or id, "
            "a team is team:KEY, a name or an id",
        )
    if json:
        print_json(history_document(entries))
    else:
        results().print(history_view(entries))
    return 0
