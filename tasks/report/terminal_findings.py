"""Findings for the terminal and for machines: the most urgent first, each with what to do."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from rich.console import Group, RenderableType

from data_contracts.finding import Finding
from data_contracts.outcome import RunRecord
from data_contracts.words import FindingSeverity
from tasks.report.document_parts import findings_part, iso
from tasks.report.terminal_layout import SEVERITY_STYLES, Columns, Line, heading, safe
from tasks.report.wording import MOST_URGENT_FIRST, moment


def findings_view(
    findings: Sequence[Finding], run: RunRecord | None, as_of: date
) -> RenderableType:
    """Findings by severity.

    Args:
        findings: The most urgent first.
        run: The run that noticed them; None when it was looked just now.
        as_of: The day that the plan was for.
    """
    return Group(*_lines(findings, run, as_of))


def findings_document(
    findings: Sequence[Finding], run: RunRecord | None, as_of: date
) -> dict[str, Any]:
    """The same for machines; `run` is null when it was looked just now."""
    counts = Counter(finding.severity for finding in findings)
    return {
        "run": None if run is None else {"run_id": run.run_id, "started_at": iso(run.started_at)},
        "as_of": as_of.isoformat(),
        "counts": {str(severity): counts[severity] for severity in MOST_URGENT_FIRST},
        "findings": findings_part(findings),
    }


def _lines(
    findings: Sequence[Finding], run: RunRecord | None, as_of: date
) -> Iterator[RenderableType]:
    seen = "as things are now" if run is None else f"by run {run.run_id}, {moment(run.started_at)}"
    yield Line(safe(f"Seen {seen}, for {as_of}", "dim"))
    if not findings:
        yield Line(safe("Nothing that a person should know or decide."))
    for severity in MOST_URGENT_FIRST:
        chosen = [finding for finding in findings if finding.severity is severity]
        if chosen:
            yield heading(f"{_TITLES[severity]}: {len(chosen):,}")
            yield Columns([_row(finding) for finding in chosen])


def _row(finding: Finding) -> tuple[Any, ...]:
    hint = f". {finding.hint}" if finding.hint else ""
    style = SEVERITY_STYLES[finding.severity]
    words = f"{finding.message}{hint}"
    return safe(finding.subject, "bold"), safe(finding.code, style), safe(words)


_TITLES = {
    FindingSeverity.CRITICAL: "Critical: somebody has to decide",
    FindingSeverity.WARNING: "Warnings",
    FindingSeverity.INFO: "To know",
}
