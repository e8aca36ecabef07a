"""What the contracts say of each export."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from data_contracts.batch import ContractReport, RuleResult
from data_contracts.words import BatchVerdict, Severity
from tasks.report.selection import cut
from tasks.report.terminal_layout import Columns, Line, key, left_out, safe
from tasks.report.wording import BATCH_VERDICTS, CONSEQUENCES, plural, rule_result

QUARANTINE_MAX = 20
"""Rows set aside that are shown of each source: the cause is seen in the first ones."""

_VERDICT_STYLES = {
    BatchVerdict.ACCEPTED: "bold green",
    BatchVerdict.ACCEPTED_WITH_QUARANTINE: "bold yellow",
    BatchVerdict.REFUSED: "bold red",
}
_BREACH_STYLES = {
    Severity.REFUSE: "bold red",
    Severity.QUARANTINE: "yellow",
    Severity.WARN: "yellow",
}


def check_view(
    reports: Sequence[ContractReport], quarantine_limit: int = QUARANTINE_MAX
) -> RenderableType:
    """Verdict, rules and quarantined rows of each export.

    Args:
        reports: One report for each source.
        quarantine_limit: Most quarantined rows shown of each source.
    """
    lines: list[RenderableType] = []
    for number, report in enumerate(reports):
        lines += [Text()] if number else []
        lines += _report(report, quarantine_limit)
    return Group(*lines) if lines else Line(safe("No export was read."))


def _report(report: ContractReport, limit: int) -> Iterator[RenderableType]:
    verdict = safe(BATCH_VERDICTS[report.verdict], _VERDICT_STYLES[report.verdict])
    yield Line(safe(f"{report.source}: ", "bold") + verdict)
    yield Line(safe(f"{report.path}, contract {report.contract} {report.contract_version}"), 2)
    yield Line(
        safe(
            f"{plural(report.rows_read, 'row')} read, {report.rows_accepted:,} accepted, "
            f"{len(report.quarantined):,} quarantined"
        ),
        2,
    )
    for refusal in report.refusals:
        yield Line(safe("refused: ", "bold red") + safe(refusal), 2, 4)
    for warning in report.warnings:
        yield Line(safe("noticed: ", "yellow") + safe(warning), 2, 4)
    for text in report.unverified:
        yield Line(safe("not verified: ", "dim") + safe(text), 2, 4)
    if report.changes:
        yield Line(safe("Breaking changes of the export", "bold"), 2)
        yield from (Line(safe(change.message), 4) for change in report.changes)
    if report.remedy:
        yield Line(safe("To allow them", "bold"), 2)
        yield from (Line(safe(line), 4) for line in report.remedy.splitlines())
    if report.rules:
        yield Line(safe("Rules", "bold"), 2)
        broken = [rule for rule in report.rules if rule.failing]
        yield Columns([_rule(rule) for rule in broken], 4)
        holding = len(report.rules) - len(broken)
        yield Line(safe(f"{plural(holding, 'rule')} {'holds' if holding == 1 else 'hold'}"), 4)
    shown, left = cut(report.quarantined, limit)
    if shown:
        yield Line(safe("Quarantined rows", "bold"), 2)
        rows = [
            (
                key(f"{row.source}:{row.line}", "bold"),
                key(row.worker_key or "(no key)"),
                safe("; ".join(row.reasons)),
            )
            for row in shown
        ]
        yield Columns(rows, 4)
    yield from left_out(left, "`--json` has all of them", 4)


def _rule(rule: RuleResult) -> tuple[Text, ...]:
    """Result first, then the rule in words; what a breach leads to is said where there is one."""
    style = _BREACH_STYLES[rule.severity] if rule.failing else "green"
    words = rule.description or rule.rule_id
    if rule.failing:
        lines = ", ".join(map(str, rule.lines))
        words += f" ({CONSEQUENCES[rule.severity]}"
        words += f"; line {lines})" if lines else ")"
    return safe(rule_result(rule), style), safe(words)
