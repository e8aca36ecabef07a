"""Which lines are shown when there are more than a page takes, and what is said about the rest."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from data_contracts.batch import ContractReport, QuarantinedRow
from data_contracts.finding import Finding
from data_contracts.outcome import Outcome
from data_contracts.plan import Operation
from tasks.report.wording import MOST_URGENT_FIRST

T = TypeVar("T")

PLAN_FILE = "plan.json"
RUN_FILE = "run.json"
REPORT_FILE = "report.md"
CONTRACTS_FILE = "contracts.html"
HEAD_FILE = "ledger-head.txt"
"""Files of a run's folder."""

SECTION_ROWS_MAX = 200
"""Rows of one table in a page that is read from top to bottom."""


def quarantine_file(source: str) -> str:
    """The file of a run's folder that holds a source's quarantined rows."""
    return f"quarantine-{source}.jsonl"


def cut(items: Iterable[T], limit: int) -> tuple[Sequence[T], int]:
    """The first items, and how many more there are.

    Args:
        items: In the order of their importance.
        limit: Most that are shown, >= 0.
    """
    everything = list(items)
    return everything[:limit], max(len(everything) - limit, 0)


def more(left: int, file: str) -> str:
    """What is said in place of the lines left out."""
    return f"... and {left:,} more: see {file} in the run's folder"


def urgent_first(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by severity, otherwise in their order."""
    return sorted(findings, key=lambda finding: MOST_URGENT_FIRST.index(finding.severity))


def troubled_first(
    operations: Iterable[Operation], outcomes: Mapping[str, Outcome]
) -> list[Operation]:
    """Operations that did not reach what was meant before all others."""

    def went_well(operation: Operation) -> bool:
        outcome = outcomes.get(operation.operation_id)
        return outcome is None or outcome.succeeded

    return sorted(operations, key=went_well)


def quarantined(reports: Iterable[ContractReport]) -> list[QuarantinedRow]:
    """Every row set aside, source by source."""
    return [row for report in reports for row in report.quarantined]
