"""What the contracts say of exports, as a page: for the Prefect UI, a run's folder, a mail to HR.

Rules, counts, lines and keys; no other cell of anybody's row.
"""

from collections.abc import Iterator, Sequence

from data_contracts.batch import ContractReport
from tasks.report.blocks import Block, Heading, Listing, Paragraph, Points, Table, as_html
from tasks.report.selection import (
    SECTION_ROWS_MAX,
    cut,
    more,
    quarantine_file,
    quarantined,
)
from tasks.report.wording import BATCH_VERDICTS, CONSEQUENCES, rule_result

TITLE = "Data contracts"


def check_blocks(reports: Sequence[ContractReport], limit: int = SECTION_ROWS_MAX) -> list[Block]:
    """What the contracts say of each export, rule by rule.

    Args:
        reports: One report for each source.
        limit: Most quarantined rows shown; a last one says how many more there are and where.

    Returns:
        The page: the verdicts first.
    """
    blocks: list[Block] = [Heading(TITLE, 1)]
    if not reports:
        blocks.append(Paragraph("No export was read."))
    blocks += exports_blocks(reports)
    blocks += breaking_blocks(reports)
    for report in reports:
        blocks += _rules(report)
    return [*blocks, *quarantine_blocks(reports, limit), *_unverified(reports)]


def check_html(reports: Sequence[ContractReport], limit: int = SECTION_ROWS_MAX) -> str:
    """The same as one HTML file that loads nothing and runs nothing."""
    return as_html(check_blocks(reports, limit), TITLE)


def exports_blocks(reports: Sequence[ContractReport]) -> list[Block]:
    """What was read, and what the contracts say of it."""
    if not reports:
        return []
    heads = ("Source", "Verdict", "Rows", "Accepted", "Quarantined", "File", "Contract")
    rows = [
        (
            report.source,
            BATCH_VERDICTS[report.verdict],
            f"{report.rows_read:,}",
            f"{report.rows_accepted:,}",
            f"{len(report.quarantined):,}",
            report.path,
            f"{report.contract} {report.contract_version}",
        )
        for report in reports
    ]
    notes = [f"{r.source}: {text}" for r in reports for text in (*r.refusals, *r.warnings)]
    return [Heading("Exports"), Table(heads, rows), *_points(notes)]


def breaking_blocks(reports: Sequence[ContractReport]) -> list[Block]:
    """How exports as a whole break with their contracts, and what to write to allow it."""
    blocks: list[Block] = []
    for report in reports:
        if report.changes:
            blocks.append(Paragraph(f"{report.source}:"))
            blocks += _points([change.message for change in report.changes])
            blocks.append(Listing(report.remedy, "yaml"))
    return [Heading("Breaking changes of the exports"), *blocks] if blocks else []


def quarantine_blocks(
    reports: Sequence[ContractReport], limit: int = SECTION_ROWS_MAX
) -> list[Block]:
    """The rows set aside: where, whose, why."""
    everything = quarantined(reports)
    if not everything:
        return []
    shown, left = cut(everything, limit)
    rows = [
        (f"{row.source}:{row.line}", row.worker_key or "", "; ".join(row.reasons)) for row in shown
    ]
    if left:
        files = dict.fromkeys(quarantine_file(row.source) for row in everything[limit:])
        rows.append((more(left, " and ".join(files)), "", ""))
    return [Heading("Quarantined rows"), Table(("Row", "Worker", "Reason"), rows)]


def _rules(report: ContractReport) -> Iterator[Block]:
    """A contract rule by rule, the broken ones with their first lines."""
    if not report.rules:
        return
    yield Heading(f"Rules of {report.source}")
    yield Table(
        ("Rule", "Columns", "A breach", "Result", "First lines"),
        [
            (
                rule.description or rule.rule_id,
                ", ".join(rule.columns),
                CONSEQUENCES[rule.severity],
                rule_result(rule),
                ", ".join(map(str, rule.lines)),
            )
            for rule in report.rules
        ],
    )


def _unverified(reports: Sequence[ContractReport]) -> list[Block]:
    """What the contracts rest on without anybody having seen it."""
    texts = [f"{report.source}: {text}" for report in reports for text in report.unverified]
    return [Heading("Not verified"), *_points(texts)] if texts else []


def _points(texts: Sequence[str]) -> list[Block]:
    return [Points(texts)] if texts else []
