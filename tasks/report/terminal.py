"""Views for the terminal: functions that return renderables of rich and print nothing.

They are as wide as the console is, and plain in a pipe. `rich.console.Console.print` shows them.
"""

from tasks.report.terminal_check import check_view
from tasks.report.terminal_explain import explain_view
from tasks.report.terminal_health import doctor_view, error_view
from tasks.report.terminal_history import history_view
from tasks.report.terminal_plan import drift_view, plan_view
from tasks.report.terminal_run import run_view

__all__ = [
    "check_view",
    "doctor_view",
    "drift_view",
    "error_view",
    "explain_view",
    "history_view",
    "plan_view",
    "run_view",
]
