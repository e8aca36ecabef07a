"""Pieces that several Markdown pages are made of. Everything that comes from outside is escaped."""

from collections.abc import Iterable, Mapping, Sequence

from data_contracts.batch import ContractReport
from data_contracts.plan import Plan
from tasks.report.blocks import as_markdown
from tasks.report.check_page import (
    breaking_blocks,
    exports_blocks,
    quarantine_blocks,
)
from tasks.report.next_steps import NextStep
from tasks.report.selection import SECTION_ROWS_MAX
from tasks.report.tables import Row, findings_table, guardrails_table


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
    heads = {
        "severity": "Severity",
        "about": "About",
        "what": "What was seen",
        "do": "What to do",
        "code": "Finding",
    }
    return section("Findings", table_of(findings_table(plan, limit), heads))


def quarantine(reports: Sequence[ContractReport]) -> str:
    """The rows set aside."""
    return as_markdown(quarantine_blocks(reports)).strip()


def exports(reports: Sequence[ContractReport]) -> str:
    """What was read, and what the contracts say of it."""
    return as_markdown(exports_blocks(reports)).strip()


def breaking(reports: Sequence[ContractReport]) -> str:
    """How exports as a whole break with their contracts, and what to write to allow it."""
    return as_markdown(breaking_blocks(reports)).strip()
