"""Running a flow from the command line: against PREFECT_API_URL, else with the embedded server."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from data_contracts.errors import EXIT_CONTRACT, EXIT_HELD, EXIT_OTHER, EXIT_PARTLY, ScimflowError
from data_contracts.words import RunState
from flows.cli.console import errors, print_json, results
from flows.cli.progress import telling
from flows.prefect_setting import flush_history, prepare_environment, start_embedded_server
from flows.telling import listening

EXIT_CODES = {
    RunState.COMPLETED: 0,
    RunState.COMPLETED_WITH_QUARANTINE: 0,
    RunState.HELD: EXIT_HELD,
    RunState.REJECTED: EXIT_HELD,
    RunState.REFUSED: EXIT_HELD,
    RunState.REFUSED_BY_CONTRACT: EXIT_CONTRACT,
    RunState.PARTLY_APPLIED: EXIT_PARTLY,
}


def run_flow(start: Callable[[], Awaitable[Any]], *, json: bool) -> int:
    """Run a flow and show how it ended.

    Args:
        start: Imports the flow and calls it with `return_state=True`.
        json: Write the run as a JSON document.

    Returns:
        The exit code.
    """
    prepare_environment()
    with telling(lines=True, quiet=json) as tell, listening(tell):
        tell(_where())
        start_embedded_server()
        try:
            state = asyncio.run(_run(start))
        finally:
            flush_history()
    return _show(state, json=json)


async def _run(start: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await start()
    except RuntimeError as error:
        if "API" not in str(error):
            raise
        raise ScimflowError(
            f"Prefect's API does not answer ({os.environ.get('PREFECT_API_URL') or 'embedded'})",
            hint="check PREFECT_API_URL, or unset it to use Prefect's embedded server",
        ) from None


def _where() -> str:
    url = os.environ.get("PREFECT_API_URL")
    if url:
        return f"run history: {url}"
    return "waiting for Prefect's embedded server (20 s at its first start)"


def _show(state: Any, *, json: bool) -> int:
    from flows.recorded import RunResult
    from tasks.report.documents import run_document
    from tasks.report.terminal import error_view, run_view

    data = getattr(state.data, "result", state.data)
    if isinstance(data, ScimflowError):
        raise data
    if not isinstance(data, RunResult):
        raise ScimflowError(f"the flow run ended as {state.name}: {state.message}")
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
