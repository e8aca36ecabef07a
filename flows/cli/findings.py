"""`scimflow findings`: what a person should know or decide."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from data_contracts.errors import EXIT_CHANGES
from data_contracts.words import FindingSeverity
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day
from flows.cli.progress import telling
from flows.findings import Findings, findings_of, last_plan
from flows.project import open_project
from tasks.ledger import open_ledger
from tasks.report.terminal_findings import findings_document, findings_view


def command(
    person: Annotated[
        str | None, Parameter(help="Worker key, userName or account id; everybody if not given.")
    ] = None,
    /,
    *,
    now: Annotated[
        bool, Parameter(negative="", help="Look now, instead of into the last plan that is kept.")
    ] = False,
    as_of: Day = None,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Tell what a person should know or decide: shared addresses, ambiguous accounts, open doubts.

    From the last plan for everybody that the ledger keeps; from one made now, read-only, with --now
    or --as-of, or when none is kept. Exit code 2 when a finding is critical, 0 otherwise.

    Examples:
        scimflow findings

        scimflow findings ada@example.com

        scimflow findings --now --json
    """
    found = None if now or as_of else _kept(config, person)
    if found is None:
        found = _made_now(config, as_of, person, quiet=json)
    if json:
        print_json(findings_document(found.found, found.run, found.as_of))
    else:
        results().print(findings_view(found.found, found.run, found.as_of))
    critical = any(each.severity is FindingSeverity.CRITICAL for each in found.found)
    return EXIT_CHANGES if critical else 0


def _kept(config: Path, person: str | None) -> Findings | None:
    project = open_project(config)
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        kept = last_plan(ledger, project.settings.target.name)
        if kept is None:
            return None
        run, plan = kept
        return findings_of(plan, run, ledger, person)


def _made_now(config: Path, as_of: str | None, person: str | None, *, quiet: bool) -> Findings:
    from flows.cli.reading import read_plan

    with telling(lines=False, quiet=quiet) as tell:
        project, prepared = asyncio.run(read_plan(config, as_of, tell))
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        return findings_of(prepared.plan, None, ledger, person)
