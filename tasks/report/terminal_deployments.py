"""What was deployed, for the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType

from tasks.report.terminal_layout import Columns, safe


def deployments_view(deployments: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Deployments, one a line: which, and when it runs.

    Args:
        deployments: Each with `deployment`, `cron`, `time_zone`, `active`, `if_busy`.
    """
    rows = [(safe(d["deployment"], "bold"), safe(_when(d)), safe(_busy(d))) for d in deployments]
    return Group(Columns(rows))


def _when(deployment: Mapping[str, Any]) -> str:
    if deployment["cron"] is None:
        return "when somebody starts it"
    off = "" if deployment["active"] else ", switched off"
    return f"{deployment['cron']} ({deployment['time_zone']}){off}"


_BUSY = {
    "wait": "waits for a run that works on the target",
    "cancel": "cancelled while a run works on the target",
    "refuse": "fails while a run works on the target",
}


def _busy(deployment: Mapping[str, Any]) -> str:
    return _BUSY.get(deployment["if_busy"] or "", "writes nothing")
