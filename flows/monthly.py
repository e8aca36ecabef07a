"""What a monthly access report is made from, gathered from the ledger."""

from datetime import date, datetime, time, timedelta

from data_contracts.errors import ConfigurationError
from data_contracts.month import Month, MonthInputs
from data_contracts.outcome import RunRecord
from flows.project import Project
from tasks.ledger import LedgerReader, open_ledger
from tasks.report.month import monthly


def month_of(project: Project, text: str) -> Month:
    """Work out the report of a month. Contacts no target, writes nothing.

    Args:
        project: Settings and folder.
        text: The month, as `2026-03`.

    Raises:
        ConfigurationError: That is no month.
    """
    first = _first_day(text)
    zone = project.settings.lifecycle.zone
    after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    since, until = (datetime.combine(day, time(), zone) for day in (first, after))
    target = project.settings.target.name
    with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
        runs = tuple(ledger.runs_between(target, since, until))
        last = _last_plan(ledger, runs)
        plan = ledger.plan(last) if last and ledger.keeps_plan(last) else None
        counts = ledger.plan_counts(last) if last else {}
        inputs = MonthInputs(
            target=target,
            first=first,
            zone=project.settings.lifecycle.time_zone,
            since=since,
            until=until,
            events=tuple(e for e in ledger.access(target) if e.at < until),
            operations=tuple(ledger.done(target, since, until)),
            runs=runs,
            quarantined=tuple(ledger.set_aside(target, since, until)),
            rejected=ledger.rejected(target, since, until),
            findings=None if plan is None else plan.findings,
            unmanaged=_unmanaged(counts),
        )
    return monthly(inputs)


def _first_day(text: str) -> date:
    try:
        return date.fromisoformat(f"{text.strip()}-01")
    except ValueError:
        raise ConfigurationError(
            f"--month {text!r} is not a month", hint="write it as 2026-03"
        ) from None


def _last_plan(ledger: LedgerReader, runs: tuple[RunRecord, ...]) -> str | None:
    """Digest of the month's last plan for everybody; a month without one has none."""
    for run in reversed(runs):
        if run.plan_digest and "accounts_active" in ledger.plan_counts(run.plan_digest):
            return run.plan_digest
    return None


def _unmanaged(counts: dict[str, int]) -> int | None:
    if "accounts_active" not in counts:
        return None
    return counts["accounts_active"] - counts.get("accounts_managed_active", 0)
