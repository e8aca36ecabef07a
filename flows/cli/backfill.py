"""`scimflow backfill`: the days of the past, in order."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated, Any

from cyclopts import Parameter

from data_contracts.as_of import AsOf
from data_contracts.backfill import BackfillRequest, ReplayedDay, worst_state
from data_contracts.delivery import DeliveryCalendar
from data_contracts.errors import (
    EXIT_CHANGES,
    EXIT_OTHER,
    ConfigurationError,
)
from data_contracts.words import BackfillMode
from flows.calendars import check_calendar, read_calendar, remarks
from flows.cli.console import errors, print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config
from flows.cli.progress import telling
from flows.cli.tracked_run import EXIT_CODES, run_flow
from flows.persons import find_workers
from flows.pipeline import Preparation
from flows.project import Project, find_token, open_project, utc_now
from flows.recorded import RunResult
from flows.stages import PLAIN
from tasks.ledger import open_ledger
from tasks.report.backfill_pages import backfill_document, backfill_view
from tasks.report.terminal import error_view


def command(
    *,
    from_: Annotated[str, Parameter(name="--from", help="First day, as 2026-01-01.")],
    to: Annotated[str, Parameter(name="--to", help="Last day, as 2026-01-31.")],
    only: Annotated[
        tuple[str, ...],
        Parameter(
            consume_multiple=True,
            negative="",
            help="For these people alone: worker keys, userNames, e-mail addresses.",
        ),
    ] = (),
    state_only: Annotated[
        bool,
        Parameter(negative="", help="Rebuild the ledger; write nothing at the target."),
    ] = False,
    final_state: Annotated[
        bool,
        Parameter(negative="", help="Fold all days into one plan and carry that out."),
    ] = False,
    dry_run: Annotated[
        bool,
        Parameter(negative="", help="Show each day's files and what it would do; write nothing."),
    ] = False,
    skip_missing: Annotated[
        bool, Parameter(negative="", help="Leave out days without a delivery (weekends).")
    ] = False,
    take_last: Annotated[
        bool,
        Parameter(negative="", help="Of several files of one day replay the last by name."),
    ] = False,
    keep_going: Annotated[
        bool, Parameter(negative="", help="Go on after a day that is held or refused.")
    ] = False,
    again: Annotated[
        bool, Parameter(negative="", help="Replay days, too, that were completed before.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    json: AsJson = False,
) -> int:
    """Replay dated exports in order, each with its own as-of date, and show a table at the end.

    Runs the Prefect flow backfill, with a child run for each day. Missing and double days are named
    before anything starts. Nobody is deactivated on the word of an old export whom a newer one has
    active, and nobody gets access that a newer one does not give. It stops at the first day that is
    held or refused; the same command goes on there. Exit codes are those of sync, for the worst
    day; a dry run ends with 2 when something is to be done.

    Examples:
        scimflow backfill --from 2026-01-01 --to 2026-01-31 --dry-run

        scimflow backfill --from 2026-01-01 --to 2026-01-31 --skip-missing

        scimflow backfill --from 2026-01-01 --to 2026-01-31 --only 00017 ada@example.com

        scimflow backfill --from 2026-01-01 --to 2026-01-31 --state-only
    """
    if state_only and final_state:
        raise ConfigurationError(
            "--state-only and --final-state exclude each other",
            hint="the one rebuilds the ledger, the other carries one plan out",
        )
    mode = BackfillMode.DAY_BY_DAY
    mode = BackfillMode.STATE_ONLY if state_only else mode
    mode = BackfillMode.FINAL_STATE if final_state else mode
    project = open_project(config)
    find_token(project)  # wrong settings are said at once, not after Prefect's start
    first, last = _day("--from", from_), _day("--to", to)
    calendar = read_calendar(project, first, last, utc_now())
    request = BackfillRequest(
        first=first,
        last=last,
        mode=mode,
        skip_missing=skip_missing or dry_run,
        take_last=take_last or dry_run,
        keep_going=keep_going,
        again=again,
    )
    said = tuple(remarks(calendar))
    try:
        check_calendar(calendar, request)
    except ConfigurationError:
        for remark in said:
            errors().print(f"  {remark}", markup=False)
        raise
    people = _people(project, calendar, list(only)) if only else None
    if dry_run:
        return _rehearse(project, calendar, request, people, json=json)

    def start() -> Awaitable[Any]:
        from flows.backfill import backfill

        return backfill(
            first,
            last,
            str(config),
            mode=mode,
            people=None if people is None else sorted(people),
            skip_missing=skip_missing,
            take_last=take_last,
            keep_going=keep_going,
            again=again,
            return_state=True,
        )

    return run_flow(start, json=json, show=partial(_show, said=said, json=json))


def _day(option: str, text: str) -> date:
    try:
        return AsOf.parse(text).day
    except ConfigurationError:
        raise ConfigurationError(
            f"{option} {text!r} is not a date", hint="write it as 2026-01-31"
        ) from None


def _people(project: Project, calendar: DeliveryCalendar, names: list[str]) -> frozenset[str]:
    """Worker keys of people, looked for in the newest delivery of the window, then further back."""
    found: set[str] = set()
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        for name in names:
            for day in reversed(calendar.days):
                preparation = Preparation(project, PLAIN, ledger, AsOf(day), utc_now())
                try:
                    found |= asyncio.run(find_workers(preparation, [name])).workers
                    break
                except ConfigurationError:
                    if day == calendar.days[0]:
                        raise
    return frozenset(found)


def _rehearse(
    project: Project,
    calendar: DeliveryCalendar,
    request: BackfillRequest,
    people: frozenset[str] | None,
    *,
    json: bool,
) -> int:
    from flows.rehearsing import rehearse

    with telling(lines=False, quiet=json) as tell:
        asked = replace(request, only=people)
        rehearsal = asyncio.run(rehearse(project, calendar, asked, tell))
    if json:
        print_json(backfill_document(None, rehearsal.days, rehearsal.remarks))
    else:
        results().print(backfill_view(None, rehearsal.days, rehearsal.remarks))
    code = EXIT_CODES[worst_state(rehearsal.days)]
    return code or (EXIT_CHANGES if _is_to_be_done(rehearsal.days) else 0)


def _is_to_be_done(days: tuple[ReplayedDay, ...]) -> bool:
    kinds = ("to_create", "to_update", "to_reactivate", "to_deactivate", "to_adopt")
    return any(day.counts.get(kind) for day in days for kind in kinds)


def _show(result: RunResult, *, said: tuple[str, ...], json: bool) -> int:
    if json:
        print_json(backfill_document(result.record, result.days, said))
    elif result.days:
        results().print(backfill_view(result.record, result.days))
    if result.error is not None:
        errors().print(error_view(result.error))
        return result.error.exit_code
    failed = [day.exit_code for day in result.days if day.exit_code is not None]
    return EXIT_CODES.get(result.record.state, failed[0] if failed else EXIT_OTHER)
