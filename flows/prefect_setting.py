"""Prefect's settings for runs from the command line, put in place before Prefect is imported."""

import os

DEFAULTS = {
    # nothing leaves the machine
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # the newer UI asks an outside host even with analytics off; the older one asks nobody
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # 20 s by default, which a busy machine passes at the first start
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    # the terminal shows the run in its own words; the log stays whole in the Prefect UI
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
}


FLUSH_TIMEOUT_S = 10.0
"""Longest wait for the run's last log lines and events to reach the server."""


def flush_history() -> None:
    """Send what Prefect still holds back of a run's log and events.

    Its workers send in the background; without this a process that ends right after a run loses the
    last lines, or waits for a server that has gone meanwhile.
    """
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=FLUSH_TIMEOUT_S)


def prepare_environment() -> None:
    """Set what the user has not set; what is set stays."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
