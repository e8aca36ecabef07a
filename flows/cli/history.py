"""`scimflow history`: what was done."""

from datetime import datetime
from typing import Annotated

from cyclopts import Parameter, validators
from rich.text import Text

from data_contracts.errors import ConfigurationError
from data_contracts.outcome import HistoryEntry
from flows.cli.console import print_json, results
from flows.cli.days import Output, ending_of, moments_of
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.private_output import write_private
from flows.project import Project, open_project
from tasks.ledger import open_ledger
from tasks.report.documents import history_document
from tasks.report.history_files import history_file
from tasks.report.terminal import history_view
from tasks.report.terminal_runs import runs_document, runs_view

SHOWN = 200
"""Lines on a screen, when nothing else is said: more are read in a file."""


def command(
    subject: Annotated[
        str | None,
        Parameter(
            help="A person (worker key, userName, account id), a team or a run; runs if not given."
        ),
    ] = None,
    /,
    *,
    from_: Annotated[
        str | None, Parameter(name="--from", help="Only what was done on this day or later.")
    ] = None,
    to: Annotated[str | None, Parameter(help="Only what was done on this day or before.")] = None,
    limit: Annotated[
        int | None,
        Parameter(
            help="Most lines, the latest ones; 200 when not given, and all in a file.",
            validator=validators.Number(gte=1),
        ),
    ] = None,
    output: Output = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Tell what was done, when, by which run, why, and with which result.

    Reads the ledger alone. With --from, --to or --output and nobody named, everything that was done
    at the target is told. Days begin and end in the settings' time zone.

    Examples:
        scimflow history

        scimflow history 20260304-060000-a1b2

        scimflow history ada@example.com

        scimflow history team:Product

        scimflow history --from 2026-01-01 --to 2026-03-31 -o history.parquet
    """
    project = open_project(config)
    since, until = moments_of(project, from_, to)
    ending = None if output is None else ending_of(output)
    of_all = subject is None and (since or until or output) is not None
    if subject is None and not of_all:
        return _runs(project, limit or SHOWN, json=json)
    most = limit if limit is not None or output is not None else SHOWN
    if since is None and until is None:
        entries = _lines(project, subject, most)
    else:
        found = _within(_lines(project, subject, None), since, until)
        entries = found if most is None else found[-most:]
    if output is not None and ending is not None:
        write_private(output, [history_file(entries, ending)], "what was done")
    if json:
        print_json(history_document(entries))
    elif output is not None:
        results().print(Text(f"written: {output}, {len(entries):,} lines"))
    else:
        results().print(history_view(entries))
    return 0


def _runs(project: Project, limit: int, *, json: bool) -> int:
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        runs = ledger.runs(limit)
    if json:
        print_json(runs_document(runs))
    else:
        results().print(runs_view(runs))
    return 0


def _lines(project: Project, subject: str | None, most: int | None) -> list[HistoryEntry]:
    """The newest lines of a run, a person, a team, or of all."""
    target = project.settings.target.name
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        run = None if subject is None else ledger.run(subject)
        if run is not None:  # a ledger may be shared: a run tells its own target
            return ledger.history(run.target, run=run.run_id, limit=most)
        entries = ledger.history(target, person=subject, limit=most)
    if subject is not None and not entries:
        raise ConfigurationError(
            f"the ledger knows no run, no person and no team {subject!r}",
            hint="`scimflow history` lists the runs; a person is a worker key, userName or id, "
            "a team is team:KEY, a name or an id",
        )
    return entries


def _within(
    entries: list[HistoryEntry], since: datetime | None, until: datetime | None
) -> list[HistoryEntry]:
    return [
        entry
        for entry in entries
        if (since is None or entry.at >= since) and (until is None or entry.at < until)
    ]
