"""`scimflow sync`: the main job."""

from collections.abc import Awaitable, Coroutine
from datetime import date
from typing import Annotated, Any

from cyclopts import Parameter

from data_contracts.as_of import AsOf
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day
from flows.cli.tracked_run import run_flow
from flows.project import find_token, open_project
from flows.recorded import RunResult


def command(
    *,
    config: Config = DEFAULT_CONFIG,
    as_of: Day = None,
    offline_history: Annotated[
        bool,
        Parameter(
            negative="",
            help="Go on when Prefect's server does not answer; it is told of the run later.",
        ),
    ] = False,
    json: AsJson = False,
) -> int:
    """Bring the target in step with the people the company really employs.

    Runs the Prefect flow sync-users, against PREFECT_API_URL when it is set, else with Prefect's
    embedded server. A plan over a guardrail is held before the first write (exit code 3) until
    somebody approves it; a refused export ends the run (4); failures of single people leave the
    others done (5).

    Examples:
        scimflow sync

        scimflow sync --config productboard/scimflow.yaml --as-of 2026-03-02
    """
    day: date | None = AsOf.parse(as_of).day if as_of is not None else None
    find_token(open_project(config))  # wrong settings are said at once, not after Prefect's start

    def start() -> Awaitable[Any]:
        from flows.sync_users import sync_users

        return sync_users(str(config), day, return_state=True)

    def offline() -> Coroutine[Any, Any, RunResult]:
        from flows.offline import sync_offline

        return sync_offline(config, as_of)

    return run_flow(start, json=json, offline=offline if offline_history else None)
