"""What is not well, and what to do about it: the doctor's findings and errors."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from data_contracts.errors import ScimflowError
from data_contracts.health import HealthCheck, HealthState
from tasks.report.terminal_layout import Columns, Line, safe

_STYLES = {
    HealthState.OK: "green",
    HealthState.WARNING: "yellow",
    HealthState.FAILED: "bold red",
    HealthState.SKIPPED: "dim",
}


def doctor_view(checks: Sequence[HealthCheck]) -> RenderableType:
    """Each check with what to do when it is not well, and how many are not.

    Args:
        checks: In the order in which they were made.
    """
    rows = [
        (
            safe(check.state, _STYLES[check.state]),
            safe(check.name, "bold"),
            safe(check.message) + (safe(f"; {check.hint}", "bold") if check.hint else Text()),
        )
        for check in checks
    ]
    counts = {state: sum(check.state is state for check in checks) for state in HealthState}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return Group(Columns(rows, 0), Text(), Line(safe(told or "nothing was looked at", "bold")))


def error_view(error: ScimflowError) -> RenderableType:
    """What happened, line by line, and what to do next.

    Args:
        error: What ended the command.
    """
    first, *others = error.message.splitlines() or [""]
    return Group(
        Line(safe("error: ", "bold red") + safe(first), 0, 2),
        *(Line(safe(line), 2, 2) for line in others),
        *([Line(safe("hint: ", "bold") + safe(error.hint), 0, 2)] if error.hint else []),
    )
