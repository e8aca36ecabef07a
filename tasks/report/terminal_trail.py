"""What walking the audit trail has shown, for the terminal and for machines."""

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType

from data_contracts.chain import ChainFinding, Verification
from tasks.report.terminal_layout import Columns, Line, heading, safe
from tasks.report.wording import plural

FINDINGS_SHOWN = 50
"""The rest stands in `--json`."""


def verification_view(found: Verification, place: str, heads: int) -> RenderableType:
    """Whether the audit trail is whole, and what is wrong with it.

    Args:
        found: What the walk has shown.
        place: Where the ledger is.
        heads: How many heads were known outside of the ledger.
    """
    return Group(*_lines(found, place, heads))


def verification_document(found: Verification) -> dict[str, Any]:
    """The same for machines."""
    return {
        "whole": found.is_whole,
        "head": str(found.head),
        "entries": found.entries,
        "rows": found.rows,
        "begun_with": found.begun_with,
        "purged": found.purged,
        "pruned": found.pruned,
        "bodies": found.bodies,
        "heads": found.heads,
        "found": found.found,
        "findings": [
            {
                "breach": str(each.breach),
                "table": each.table,
                "key": each.key,
                "run_id": each.run_id or None,
                "entry": each.seq or None,
                "message": each.message,
            }
            for each in found.findings
        ],
    }


def _lines(found: Verification, place: str, heads: int) -> Iterator[RenderableType]:
    verdict = ("The audit trail is whole", "bold green")
    if not found.is_whole:
        verdict = (f"The audit trail was tampered with: {found.found:,} found", "bold red")
    yield Line(safe(verdict[0], verdict[1]))
    rows = [("Ledger", place), ("Entries", f"{found.entries:,}"), ("Rows", f"{found.rows:,}")]
    if found.begun_with:
        text = f"{found.begun_with:,}: there before the chain, vouched for from there on"
        rows.append(("Older rows", text))
    if found.purged:
        rows.append(("Purged", f"{plural(found.purged, 'row')} with a pseudonym for a person"))
    if found.pruned:
        rows.append(("Pruned", f"{plural(found.pruned, 'row')} whose time was over"))
    rows.append(("Contents", f"{found.bodies:,} plans and corrections that have their digest"))
    rows.append(("Head", str(found.head)))
    known = f"the chain leads to {found.heads:,} of {plural(heads, 'head')} noted by runs or given"
    rows.append(("Noted", known if heads else "no head is known: a cut end would not show"))
    yield Columns([(safe(name, "dim"), safe(text)) for name, text in rows])
    if found.findings:
        yield heading("What is wrong")
        yield Columns([_row(each) for each in found.findings[:FINDINGS_SHOWN]])
        left = found.found - min(FINDINGS_SHOWN, len(found.findings))
        if left:
            yield Line(safe(f"... and {left:,} more: --json has up to {len(found.findings):,}"))


def _row(each: ChainFinding) -> tuple[Any, ...]:
    where = f" (run {each.run_id})" if each.run_id else ""
    entry = f"; entry {each.seq}" if each.seq and each.table != "chain_entry" else ""
    return safe(str(each.breach), "bold red"), safe(f"{each.message}{where}{entry}")
