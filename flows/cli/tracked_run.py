"""Running a flow from the command line: against PREFECT_API_URL, else with the embedded server."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

import httpx

from data_contracts.errors import EXIT_CONTRACT, EXIT_HELD, EXIT_OTHER, EXIT_PARTLY, ScimflowError
from data_contracts.words import RunState
from flows.cli.console import errors, print_json, results
from flows.cli.progress import telling
from flows.prefect_setting import (
    ServerAway,
    flush_history,
    leave_server,
    prepare_environment,
    require_server,
)
from flows.recorded import RunResult
from flows.telling import listening, noting_ends
from flows.untold import keep_untold

EXIT_CODES = {
    RunState.COMPLETED: 0,
    RunState.COMPLETED_WITH_QUARANTINE: 0,
    RunState.HELD: EXIT_HELD,
    RunState.REJECTED: EXIT_HELD,
    RunState.REFUSED: EXIT_HELD,
    RunState.REFUSED_BY_CONTRACT: EXIT_CONTRACT,
    RunState.PARTLY_APPLIED: EXIT_PARTLY,
}


LAST_WORDS_S = 30.0
"""Longest wait for Prefect's server to take in how a run ended; its client would try for minutes,
several times."""

LOOK_EVERY_S = 1.0

Start = Callable[[], Awaitable[Any]]
"""Imports a flow and calls it with `return_state=True`."""


def run_flow(
    start: Start,
    *,
    json: bool,
    offline: Callable[[], Coroutine[Any, Any, RunResult]] | None = None,
    show: Callable[[RunResult], int] | None = None,
) -> int:
    """Run a flow and show how it ended.

    Args:
        start: Imports the flow and calls it with `return_state=True`.
        json: Write the run as a JSON document.
        offline: What is done when Prefect's server does not answer; None to stop there.
        show: Shows how it ended, and gives the exit code; None for a run of one plan.

    Returns:
        The exit code.
    """
    prepare_environment()
    tell_end = show or partial(_show_result, json=json)
    with telling(lines=True, quiet=json) as tell, listening(tell), noting_ends() as ends:
        tell(_where())
        try:
            require_server()
        except ServerAway as error:
            if offline is None:
                raise
            tell(f"{error.message}; going on without: the run is told to Prefect later")
            return tell_end(asyncio.run(offline()))
        # as asyncio.run, but for the closing: that waits for what waits for a server that is away
        runner = asyncio.Runner()
        try:
            state = runner.run(_run(start, ends))
        except BaseException:
            runner.close()
            flush_history()
            raise
        if state is None:
            project, result = ends[-1]
            keep_untold(project, result.record)
            leave_server()
            tell("Prefect's server went away during the run: it is told of it after a later run")
            return tell_end(result)
        runner.close()
        flush_history()
    return tell_end(_result(state))


async def _run(start: Start, ends: list[Any]) -> Any:
    """Run the flow.

    Returns:
        Its final state; None when the run ended and Prefect's server could not be told so.
    """
    running = asyncio.ensure_future(start())
    ended_at: float | None = None
    try:
        while not (await asyncio.wait((running,), timeout=LOOK_EVERY_S))[0]:
            ended_at = (ended_at or monotonic()) if ends else None
            if ended_at is not None and monotonic() - ended_at > LAST_WORDS_S:
                return None
    except asyncio.CancelledError:  # Ctrl-C
        running.cancel()
        await asyncio.wait((running,))
        raise
    try:
        return running.result()
    except (httpx.HTTPError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "API" not in str(error):
            raise
        if ends:
            return None
        raise ServerAway.at(os.environ.get("PREFECT_API_URL")) from None


def _where() -> str:
    url = os.environ.get("PREFECT_API_URL")
    if url:
        return f"run history: {url}"
    return "waiting for Prefect's embedded server (20 s at its first start)"


def _result(state: Any) -> RunResult:
    """The result in a flow's final state.

    Raises:
        ScimflowError: The flow did not come to one.
    """
    data = getattr(state.data, "result", state.data)
    if isinstance(data, ScimflowError):
        raise data
    if not isinstance(data, RunResult):
        raise ScimflowError(f"the flow run ended as {state.name}: {state.message}")
    return data


def _show_result(data: RunResult, *, json: bool) -> int:
    from tasks.report.documents import run_document
    from tasks.report.terminal import error_view, run_view

    if json:
        print_json(run_document(data.record, data.plan, data.load, data.reports))
    else:
        # the error's words are the run's message too: they are said once, with the hint
        record = data.record if data.error is None else replace(data.record, message="")
        results().print(run_view(record, data.plan, data.load, data.reports))
        if data.error is not None:
            errors().print(error_view(data.error))
    default = data.error.exit_code if data.error else EXIT_OTHER
    return EXIT_CODES.get(data.record.state, default)
