"""A backfill day by day: for the terminal, the Prefect UI and machines."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType

from data_contracts.backfill import ReplayedDay, total_counts, worst_state
from data_contracts.outcome import RunRecord
from data_contracts.words import RunState
from tasks.report.blocks import Block, Heading, Paragraph, Table, as_markdown
from tasks.report.counters import final_message
from tasks.report.documents import run_part
from tasks.report.terminal_layout import RUN_STYLES, Columns, Line, key, safe, titled
from tasks.report.wording import STATES, plural

_DONE = ("created", "updated", "reactivated", "deactivated")
_MEANT = ("to_create", "to_update", "to_reactivate", "to_deactivate")
_HEADS = ("Day", "State", *(word.capitalize() for word in _DONE), "Adopted", "Quarantined", "")

_WROTE_NOTHING = (RunState.HELD, RunState.REJECTED, RunState.REFUSED)


def backfill_message(days: Sequence[ReplayedDay]) -> str:
    """A backfill in one sentence.

    Args:
        days: Every day of the window.
    """
    replayed = [day for day in days if day.state is not None]
    parts = [f"{plural(len(replayed), 'day')} of {len(days):,} replayed"]
    state, total = worst_state(days), total_counts(days)
    if replayed:
        well = RunState.COMPLETED if state in _WROTE_NOTHING else state
        text = final_message(well, total)
        parts.append(text)
    for day in replayed:
        if day.state in (RunState.FAILED, RunState.REFUSED_BY_CONTRACT, *_WROTE_NOTHING):
            parts.append(f"{day.day}: {day.message}")
    return "; ".join(parts)


def backfill_markdown(run: RunRecord, days: Sequence[ReplayedDay]) -> str:
    """The parent run's page in the Prefect UI, and its report."""
    blocks: list[Block] = [
        Heading(f"{run.flow}: {run.target}, {days[0].day} to {days[-1].day}", 1),
        Paragraph(f"{STATES[run.state].capitalize()}. {run.message}"),
        Table((*_HEADS[:-1], "Run", "What happened"), [_cells(day, with_run=True) for day in days]),
    ]
    return as_markdown(blocks)


def backfill_view(
    run: RunRecord | None, days: Sequence[ReplayedDay], remarks: Sequence[str] = ()
) -> RenderableType:
    """The table at the end of a backfill.

    Args:
        run: The parent run; None for a dry run.
        days: Every day of the window.
        remarks: What is missing or double, in words.
    """
    rows = [tuple(key(head, "dim") for head in _HEADS)]
    for day in days:
        day_cell, state, *numbers, message = _cells(day)
        style = RUN_STYLES.get(day.state, "") if day.state else "dim"
        rows.append((key(day_cell, "bold"), key(state, style), *map(key, numbers), safe(message)))
    head = []
    if run is not None:
        ended = safe(STATES[run.state], RUN_STYLES[run.state])
        head = [
            Line(safe(f"{run.flow}: {run.target} as of {run.as_of}: ", "bold") + ended),
            Line(safe(f"run {run.run_id}", "dim")),
        ]
    said = [Line(safe(f"- {remark}"), 2, 2) for remark in remarks]
    return Group(*head, *titled("Days and files", said), *titled("Day by day", [Columns(rows)]))


def backfill_document(
    run: RunRecord | None, days: Sequence[ReplayedDay], remarks: Sequence[str] = ()
) -> dict[str, Any]:
    """The same for machines."""
    return {
        "run": None if run is None else run_part(run),
        "remarks": list(remarks),
        "days": [
            {
                "day": day.day.isoformat(),
                "files": list(day.files),
                "state": None if day.state is None else str(day.state),
                "message": day.message,
                "run_id": day.run_id,
                "counts": dict(day.counts),
            }
            for day in days
        ],
        "counts": total_counts(days),
    }


def _cells(day: ReplayedDay, *, with_run: bool = False) -> list[str]:
    state = "" if day.state is None else STATES[day.state]
    if day.state is None and not day.counts:
        numbers = [""] * 6
    else:
        numbers = [f"{count:,}" for count in _numbers(day.counts)]
    files = ", ".join(day.files)
    message = "; ".join(part for part in (day.message, files) if part)
    return [
        day.day.isoformat(),
        state,
        *numbers,
        *([day.run_id or ""] if with_run else []),
        message,
    ]


def _numbers(counts: Mapping[str, int]) -> list[int]:
    """What was done; where nothing was carried out, what would be."""
    done = [counts.get(name, 0) for name in (*_DONE, "adopted")]
    if not any(done) and not counts.get("requests"):
        done = [counts.get(name, 0) for name in (*_MEANT, "to_adopt")]
    return [*done, counts.get("rows_quarantined", 0)]
