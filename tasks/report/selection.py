"""Which lines are shown when there are more than a page takes, and what is said about the rest."""

from collections import Counter
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


def each_kind_first(findings: Iterable[Finding], limit: int) -> tuple[list[Finding], str]:
    """The most urgent findings, of each kind at least one where the limit allows it.

    A thousand managers who are not found would otherwise hide the one login that is gone.

    Args:
        findings: In any order of severity.
        limit: Most that are shown, >= 0.

    Returns:
        Those shown, the most urgent first and otherwise in their order; and how many more there
        are of which kind, in words: "" when all are shown.
    """
    ordered = urgent_first(findings)
    turn = Counter[tuple[str, str]]()
    ranks = []
    for place, finding in enumerate(ordered):
        kind = (finding.severity, finding.code)
        severity = MOST_URGENT_FIRST.index(finding.severity)
        turn[kind] += 1
        ranks.append((turn[kind] > 1, severity, turn[kind], place))
    places = sorted(rank[-1] for rank in sorted(ranks)[:limit])
    shown = set(places)
    left = Counter(f.code for place, f in enumerate(ordered) if place not in shown)
    words = ", ".join(f"{count:,} {code}" for code, count in left.most_common())
    return [ordered[place] for place in places], words


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
