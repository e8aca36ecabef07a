"""The monthly access report as a page: HTML, Markdown, or for a terminal. Names keys, no values."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from data_contracts.month import Month
from tasks.report.blocks import Block, Chart, Heading, Paragraph, Table
from tasks.report.chart import Bar
from tasks.report.document_parts import Document, findings_part, iso
from tasks.report.month import quantile
from tasks.report.selection import SECTION_ROWS_MAX, cut
from tasks.report.wording import moment, plural

BUCKETS = (
    ("on the day or before", timedelta()),
    ("within an hour", timedelta(hours=1)),
    ("within 4 hours", timedelta(hours=4)),
    ("within a day", timedelta(days=1)),
    ("within 3 days", timedelta(days=3)),
)
LATER = "later"


def title(month: Month) -> str:
    """The page's title."""
    return f"Access to {month.target} in {month.first:%B %Y}"


def month_blocks(month: Month, limit: int = SECTION_ROWS_MAX) -> list[Block]:
    """The report: numbers first, then who, then what needed somebody.

    Args:
        month: The month.
        limit: Most rows of one table.
    """
    return [
        Heading(title(month), 1),
        *_summary(month),
        *_days(month),
        *_deprovisioning(month, limit),
        *_people(month, limit),
        *_exceptions(month, limit),
    ]


def month_document(month: Month) -> Document:
    """The same for machines."""
    return {
        "target": month.target,
        "month": f"{month.first:%Y-%m}",
        "zone": month.zone,
        "with_access": {"at_start": month.at_start, "at_end": month.at_end},
        "joiners": list(month.joiners),
        "returned": list(month.returned),
        "adopted": list(month.adopted),
        "movers": list(month.movers),
        "let_go": list(month.let_go),
        "leavers": [
            {
                "worker_key": each.worker_key,
                "at": iso(each.at),
                "due": iso(each.due),
                "took_s": None if each.took is None else int(each.took.total_seconds()),
                "reason": each.reason,
                "run_id": each.run_id,
            }
            for each in month.leavers
        ],
        "time_to_deprovision_s": {
            name: None if found is None else int(found.total_seconds())
            for name, found in _quantiles(month)
        },
        "by_day": {name: list(counts) for name, counts in month.by_day.items()},
        "exceptions": dict(month.exceptions),
        "runs": dict(month.runs),
        "findings": None if month.findings is None else findings_part(month.findings),
    }


def _summary(month: Month) -> Iterator[Block]:
    rows = [
        ("With access when the month began", f"{month.at_start:,}"),
        ("Joiners", f"{len(month.joiners):,}"),
        ("Returned", f"{len(month.returned):,}"),
        ("Came under management", f"{len(month.adopted):,}"),
        ("Movers", f"{len(month.movers):,}"),
        ("Leavers", f"{len(month.leavers):,}"),
        ("No longer managed", f"{len(month.let_go):,}"),
        ("With access when the month ended", f"{month.at_end:,}"),
    ]
    yield Table(("What", "People"), rows)
    yield Paragraph(f"Days begin and end in {month.zone}. From the ledger alone; keys, no values.")


def _days(month: Month) -> Iterator[Block]:
    yield Heading("Day by day")
    counts = zip(*month.by_day.values(), strict=True)
    bars = [Bar(str(day), values) for day, values in enumerate(counts, start=1)]
    yield Chart("Joiners, movers and leavers of each day", tuple(month.by_day), bars)


def _quantiles(month: Month) -> list[tuple[str, timedelta | None]]:
    took = month.took
    return [
        ("median", quantile(took, 0.5)),
        ("p90", quantile(took, 0.9)),
        ("max", took[-1] if took else None),
    ]


def _deprovisioning(month: Month, limit: int) -> Iterator[Block]:
    yield Heading("Time to deprovision")
    unknown = len(month.leavers) - len(month.took)
    text = "From the end of the last day in the person's own zone to the verified deactivation."
    if unknown:
        people = "1 leaver has" if unknown == 1 else f"{unknown:,} leavers have"
        text += f" {people} no last day in the export, and no time here."
    yield Paragraph(text)
    if month.took:
        yield Table(("", "Time"), [(name, span(found)) for name, found in _quantiles(month)])
        counts = Counter(_bucket(took) for took in month.took)
        labels = (*(name for name, _ in BUCKETS), LATER)
        bars = [Bar(name, (counts[name],)) for name in labels]
        yield Chart("Leavers by time to deprovision", ("leavers",), bars)
    late, left = cut(sorted(month.leavers, key=lambda each: -(each.took or timedelta(-1))), limit)
    rows = [
        (
            each.worker_key,
            moment(each.due) if each.due else "not known",
            moment(each.at),
            "" if each.took is None else span(each.took),
            each.run_id,
            each.reason,
        )
        for each in late
    ]
    heads = ("Worker", "Last day ended", "Deactivated", "Took", "Run", "Reason")
    yield Table(heads, [*rows, *_more(left, len(heads))])


def _bucket(took: timedelta) -> str:
    return next((name for name, most in BUCKETS if took <= most), LATER)


def span(took: timedelta | None) -> str:
    """A time as people say it: `3 h 20 min`.

    >>> span(timedelta(hours=50, minutes=3)), span(timedelta(minutes=3))
    ('2 d 2 h', '3 min')
    """
    if took is None:
        return ""
    minutes = int(took.total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _people(month: Month, limit: int) -> Iterator[Block]:
    yield Heading("Who")
    groups = (
        ("joiner", month.joiners),
        ("returned", month.returned),
        ("came under management", month.adopted),
        ("mover", month.movers),
        ("no longer managed", month.let_go),
    )
    rows = [(key, name) for name, keys in groups for key in keys]
    shown, left = cut(rows, limit)
    yield Table(("Worker", "What"), [*shown, *_more(left, 2)])
    yield Paragraph("Why, for each: scimflow access PERSON, scimflow history PERSON.")


def _exceptions(month: Month, limit: int) -> Iterator[Block]:
    yield Heading("Exceptions")
    counts = [(n, "not known" if c is None else f"{c:,}") for n, c in month.exceptions.items()]
    yield Table(("What", "How many"), counts)
    yield Table(
        ("Run", "State", "In words"),
        _rows([(r.run_id, str(r.state), r.message) for r in month.unfinished], limit),
    )
    failed = [(o.worker_key, f"{o.kind}: {o.result}", o.run_id, o.detail) for o in month.failed]
    yield Table(("Worker", "What", "Run", "Why"), _rows(failed, limit))
    aside = [
        (f"{row.source}:{row.line}", row.worker_key or "", plural(n, "run"), "; ".join(row.reasons))
        for row, n in month.quarantined
    ]
    yield Table(("Row set aside", "Worker", "In", "Why"), _rows(aside, limit))
    findings = [(f.subject, str(f.severity), f.message) for f in month.findings or ()]
    yield Table(("About", "Severity", "What the last plan noticed"), _rows(findings, limit))


def _rows(rows: Sequence[tuple[str, ...]], limit: int) -> list[tuple[str, ...]]:
    shown, left = cut(rows, limit)
    return [*shown, *_more(left, len(shown[0]))] if shown else []


def _more(left: int, columns: int) -> list[tuple[str, ...]]:
    return [(f"... and {left:,} more: --json has all", *("",) * (columns - 1))] if left else []
