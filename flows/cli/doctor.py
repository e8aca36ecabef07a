"""`scimflow doctor`: whether everything needed is well."""

import asyncio
from pathlib import Path

from data_contracts.errors import EXIT_OTHER
from data_contracts.health import HealthCheck, HealthState
from flows.cli.console import print_json, results
from flows.cli.options import DEFAULT_CONFIG, AsJson, Config, Day
from flows.cli.progress import telling
from flows.health import examine
from tasks.report.documents import health_document
from tasks.report.terminal import doctor_view


def command(*, as_of: Day = None, config: Config = DEFAULT_CONFIG, json: AsJson = False) -> int:
    """Look at settings, contracts, exports, ledger, token, the target, the clock and Prefect.

    Writes nothing. With --as-of, whether the exports of that day are there. Exit code 0 when all is
    well or only warned of, 1 when something is not.

    Examples:
        scimflow doctor
    """
    with telling(lines=False, quiet=json) as tell:
        tell("looking at settings, sources, ledger, target and Prefect")
        checks = asyncio.run(_all(config, as_of))
    if json:
        print_json(health_document(checks))
    else:
        results().print(doctor_view(checks))
    failed = any(check.state is HealthState.FAILED for check in checks)
    return EXIT_OTHER if failed else 0


async def _all(config: Path, as_of: str | None) -> tuple[HealthCheck, ...]:
    return tuple([check async for check in examine(config, as_of)])
