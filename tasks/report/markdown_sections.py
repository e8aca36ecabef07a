"""Pieces that several Markdown pages are made of. Everything that comes from outside is escaped."""

from collections.abc import Iterable, Mapping, Sequence

from data_contracts.batch import ContractReport
from data_contracts.plan import Plan
from tasks.report.blocks import Listing, as_markdown
from tasks.report.escaping import escape_cell
from tasks.report.next_steps import NextStep
from tasks.report.tables import Row, findings_table, guardrails_table, quarantine_table
from tasks.report.wording import BATCH_VERDICTS, CONSEQUENCES, rule_result

SECTION_ROWS_MAX = 200
"""Rows of one table in a page that is read from top to bottom."""


def page(blocks: Iterable[str]) -> str:
    """Blocks, with an empty line between them; empty ones are left out."""
    return "\n\n".join(block for block in blocks if block) + "\n"


def section(title: str, *blocks: str) -> str:
    """A heading with what stands below it; nothing when nothing does."""
    body = [block for block in blocks if block]
    return "\n\n".join([f"## {title}", *body]) if body else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are escaped already; nothing when there are no rows."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join(["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads), *lines])


def table_of(rows: Sequence[Row], heads: Mapping[str, str]) -> str:
    """A table of some columns of escaped rows.

    Args:
        rows: The rows.
        heads: Headings by the columns' keys, in order.
    """
    return table(list(heads.values()), ([row[key] for key in heads] for row in rows))


def commands(step: NextStep) -> str:
    """What to do next, with the commands in a block to copy from."""
    if not step.text:
        return ""
    block = "\n".join(["```", *step.commands, "```"]) if step.commands else ""
    return "\n\n".join(part for part in (step.text, block) if part)


def guardrails(plan: Plan) -> str:
    """Every guardrail with its numbers."""
    heads = {
        "guardrail": "Guardrail",
        "verdict": "Verdict",
        "actual": "Would be",
        "limit": "Limit",
        "population": "Of",
        "message": "In words",
    }
    return section("Guardrails", table_of(guardrails_table(plan), heads))


def findings(plan: Plan, limit: int = SECTION_ROWS_MAX) -> str:
    """What a person should know or decide, the most urgent first."""
    heads = {"severity": "Severity", "about": "About", "what": "What was seen", "do": "What to do"}
    return section("Findings", table_of(findings_table(plan, limit), heads))


def quarantine(reports: Sequence[ContractReport], limit: int = SECTION_ROWS_MAX) -> str:
    """The rows set aside."""
    heads = {"where": "Row", "worker": "Worker", "reason": "Reason"}
    return section("Quarantined rows", table_of(quarantine_table(reports, limit), heads))


def exports(reports: Sequence[ContractReport]) -> str:
    """What was read, and what the contracts say of it."""
    heads = ("Source", "Verdict", "Rows", "Accepted", "Quarantined", "File", "Contract")
    rows = (
        [
            escape_cell(report.source),
            BATCH_VERDICTS[report.verdict],
            f"{report.rows_read:,}",
            f"{report.rows_accepted:,}",
            f"{len(report.quarantined):,}",
            escape_cell(report.path),
            escape_cell(f"{report.contract} {report.contract_version}"),
        ]
        for report in reports
    )
    notes = [
        f"- {escape_cell(report.source)}: {escape_cell(text)}"
        for report in reports
        for text in (*report.refusals, *report.warnings)
    ]
    return section("Exports", table(heads, rows), "\n".join(notes))


def breaking(reports: Sequence[ContractReport]) -> str:
    """How exports as a whole break with their contracts, and what to write to allow it."""
    blocks = []
    for report in reports:
        if report.changes:
            changes = [f"- {escape_cell(change.message)}" for change in report.changes]
            blocks.append(f"{escape_cell(report.source)}:\n\n" + "\n".join(changes))
            blocks.append(as_markdown([Listing(report.remedy, "yaml")]).strip())
    return section("Breaking changes of the exports", *blocks)


def rules(report: ContractReport) -> str:
    """A contract rule by rule, the broken ones with their first lines."""
    heads = ("Rule", "Columns", "A breach", "Result", "First lines")
    rows = (
        [
            escape_cell(rule.description or rule.rule_id),
            escape_cell(", ".join(rule.columns)),
            CONSEQUENCES[rule.severity],
            rule_result(rule),
            ", ".join(map(str, rule.lines)),
        ]
        for rule in report.rules
    )
    return table(heads, rows)
