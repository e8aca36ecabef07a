"""The list of runs, for the terminal and for machines."""

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType

from data_contracts.outcome import RunRecord
from tasks.report.documents import run_part
from tasks.report.terminal_layout import Columns, Line, safe
from tasks.report.wording import moment


def runs_view(runs: Sequence[RunRecord]) -> RenderableType:
    """Runs, one a line: when, which, of which other run a part, for which day, how it ended.

    Args:
        runs: Runs, in the order given.
    """
    if not runs:
        return Line(safe("No run is recorded."))
    rows = [
        (
            safe(moment(run.started_at)),
            safe(run.run_id, "bold"),
            safe(f"{run.flow} of {run.parent_run_id}" if run.parent_run_id else run.flow),
            safe(run.as_of),
            safe(str(run.state)),
            safe(run.message, "dim"),
        )
        for run in runs
    ]
    return Group(Columns(rows))


def runs_document(runs: Sequence[RunRecord]) -> dict[str, Any]:
    """The same for machines."""
    return {"runs": [run_part(run) for run in runs]}
