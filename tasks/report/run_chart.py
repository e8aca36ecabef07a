"""The last runs of a target as a chart: who joined, moved, left, and which rows were set aside."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.outcome import RunRecord
from tasks.report.chart import Bar, bar_chart, described
from tasks.report.wording import STATES

RUNS_SHOWN = 20
"""As many as can be told apart at a glance."""

NAMES = ("joiners", "movers", "leavers", "quarantined rows")

_KEYS = (("created", "reactivated"), ("updated",), ("deactivated",), ("rows_quarantined",))


@dataclass(frozen=True, slots=True)
class RunsChart:
    """The chart's parts.

    Attributes:
        title: What it shows.
        bars: A bar for each run, the oldest first.
    """

    title: str
    bars: tuple[Bar, ...]

    @property
    def svg(self) -> str:
        """The chart, drawn."""
        return bar_chart(self.title, NAMES, self.bars)

    @property
    def words(self) -> str:
        """The chart's numbers, for who cannot see it."""
        return f"{self.title}. {described(NAMES, self.bars)}"


def runs_chart(target: str, runs: Sequence[RunRecord]) -> RunsChart:
    """Gather what the last runs did. What was held or rejected was not done, and is not drawn.

    Args:
        target: Name of the target.
        runs: Its runs, newest first, as the ledger lists them.
    """
    shown = runs[:RUNS_SHOWN][::-1]
    return RunsChart(
        f"What the last runs did to accounts of {target}", tuple(_bar(run) for run in shown)
    )


def _bar(run: RunRecord) -> Bar:
    values = tuple(sum(run.counts.get(key, 0) for key in keys) for keys in _KEYS)
    return Bar(f"{run.started_at:%m-%d %H:%M}", values, STATES[run.state])
