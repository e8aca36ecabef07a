"""`scimflow access`: who had access from when to when."""

from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from data_contracts.access import AccessInterval
from data_contracts.errors import ConfigurationError
from flows.cli.console import print_json, results
from flows.cli.days import Output, ending_of, moments_of
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.private_output import write_private
from flows.project import Project, open_project
from tasks.ledger import open_ledger
from tasks.report.access import access_rows, chosen, intervals
from tasks.report.access_files import access_file
from tasks.report.terminal_access import access_view


def command(
    person: Annotated[
        str | None,
        Parameter(help="Worker key, userName or account id; everybody if not given."),
    ] = None,
    /,
    *,
    at: Annotated[
        str | None, Parameter(help="Those who had access on this day, as 2026-03-02.")
    ] = None,
    from_: Annotated[
        str | None, Parameter(name="--from", help="Leave out what ended before this day.")
    ] = None,
    to: Annotated[str | None, Parameter(help="Leave out what began after this day.")] = None,
    role: Annotated[str | None, Parameter(help="Only access with this role.")] = None,
    output: Output = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Tell who had access from when to when, with which role, and because of what.

    Each time with what began and what ended it: the row of which export, the reason, the rule that
    gave the role, the run, the plan, and who approved it. Days begin and end in the settings' time
    zone. From the ledger alone.

    Examples:
        scimflow access ada@example.com

        scimflow access --at 2026-03-02 --role admin

        scimflow access --from 2026-01-01 --to 2026-03-31 -o access.csv
    """
    project = open_project(config)
    if at is not None and (from_ or to):
        raise ConfigurationError("--at is one day: leave out --from and --to")
    since, until = moments_of(project, at or from_, at or to)
    ending = None if output is None else ending_of(output)
    found = chosen(_intervals(project, person), since=since, until=until, role=role)
    if output is not None and ending is not None:
        write_private(output, [access_file(found, ending)], "who had access")
    if json:
        print_json({"access": access_rows(found)})
    elif output is not None:
        results().print(Text(f"written: {output}, {len(found):,} times of access"))
    else:
        results().print(access_view(found))
    return 0


def _intervals(project: Project, person: str | None) -> list[AccessInterval]:
    target = project.settings.target.name
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        if person is not None and not ledger.workers(target, person):
            raise ConfigurationError(
                f"the ledger knows no person {person!r}",
                hint="give a worker key, a userName or an account id",
            )
        return intervals(ledger.access(target, person))
