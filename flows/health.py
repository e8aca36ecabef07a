"""What `scimflow doctor` looks at, one thing after the other; each with a hint when not well."""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import httpx

from data_contracts.configuration import SourceSettings
from data_contracts.configuration.target import SharedLimit
from data_contracts.errors import ScimflowError
from data_contracts.failing import FailingOperation
from data_contracts.health import HealthCheck, HealthState
from data_contracts.learned import Learned
from data_contracts.scim.paths import short_name
from flows.limit_settings import wrong_with_limit
from flows.project import BLOCKS, Project, find_token, open_project, utc_now
from tasks.extract.contracts import read_contract
from tasks.extract.pick import pick_file
from tasks.ledger import open_ledger
from tasks.scim.client import ScimClient, open_client
from tasks.scim.secret import SecretStore

CLOCK_TOLERANCE_S = 60
"""More than a slow answer explains; hours of difference change who is a leaver today."""

PREFECT_TIMEOUT_S = 5.0

TEAMS_SWITCH = (
    "switch teams on at the target (Productboard: Manage teams with SCIM), or take `teams` out of "
    "the settings"
)


async def examine(config: Path, day: str | None = None) -> AsyncIterator[HealthCheck]:
    """Look whether everything that a run needs is well.

    Args:
        config: scimflow.yaml or its folder.
        day: Day whose exports are looked for; today when None.

    Yields:
        One result after the other; what cannot be tried is SKIPPED.
    """
    try:
        project = open_project(config)
    except ScimflowError as error:
        yield _failed("settings", error)
        return
    yield HealthCheck("settings", HealthState.OK, f"{project.file} is in order")
    async for check in _sources(project, day):
        yield check
    for check in _ledger(project):
        yield check
    async for check in _target(project):
        yield check
    prefect = await _prefect()
    yield prefect
    shared = project.settings.target.shared_limit
    if shared is not None:
        yield await _shared_limit(shared, prefect.state is HealthState.OK)


def _failed(name: str, error: ScimflowError) -> HealthCheck:
    return HealthCheck(name, HealthState.FAILED, error.message, error.hint)


async def _sources(project: Project, day: str | None) -> AsyncIterator[HealthCheck]:
    for name, source in project.settings.sources.items():
        try:
            contract = read_contract(source.contract, project.folder)
            yield HealthCheck(
                f"contract of {name}",
                HealthState.OK,
                f"{contract.name} {contract.version}, {len(contract.rules)} rules",
            )
            if source.live is not None:
                found = await _try_live(name, source, project.folder)
                yield HealthCheck(f"source {name}", HealthState.OK, found)
                continue
            today = project.as_of(day)
            file = pick_file(name, source, folder=project.folder, now=utc_now(), as_of=today)
            with closing(file):
                found = f"{file.path} is the one to read"
            yield HealthCheck(f"export of {name}", HealthState.OK, found)
        except ScimflowError as error:
            yield _failed(f"source {name}", error)


async def _try_live(name: str, source: SourceSettings, folder: Path) -> str:
    from tasks.extract.live.source import try_live

    return await try_live(name, source, folder, SecretStore(os.environ, folder, *BLOCKS))


def _ledger(project: Project) -> Iterator[HealthCheck]:
    target = project.settings.target.name
    try:
        with open_ledger(project.ledger_url, folder=project.folder, read_only=True) as ledger:
            runs = len(ledger.runs(1))
            open_intents = len(ledger.open_intents(target)) + len(ledger.open_team_intents(target))
            learned = ledger.learned(target, project.settings.never_learned)
            failing = ledger.failing(target)
    except ScimflowError as error:
        yield _failed("ledger", error)
        return
    if open_intents:
        yield HealthCheck(
            "ledger",
            HealthState.WARNING,
            f"{open_intents} writes have no outcome: a run ended in the middle",
            "run `scimflow sync`: it looks at the target and settles them first",
        )
    else:
        yield HealthCheck("ledger", HealthState.OK, "in order" if runs else "empty: no run yet")
    yield from _habits(learned)
    if failing:
        yield _failing_people(failing)


def _habits(learned: Learned) -> Iterator[HealthCheck]:
    """What the target does with attributes, as earlier writes showed."""
    for path in sorted(learned.never_kept):
        yield HealthCheck(
            f"attribute {short_name(path)}",
            HealthState.WARNING,
            f"the target kept it in none of {learned.writes[path]} writes; it is not compared",
            "take it out of `mapping`, or list it in `target.not_kept`; if the target keeps it "
            "now, list it in `target.always_compared`",
        )
    for path in sorted(learned.rewritten):
        accounts = sum(of == path for _, of in learned.rewrites)
        yield HealthCheck(
            f"attribute {short_name(path)}",
            HealthState.OK,
            f"the target makes its own value of it (accounts: {accounts}); what it makes of the "
            "same value is no difference",
        )


def _failing_people(failing: Mapping[str, FailingOperation]) -> HealthCheck:
    worst = max(failing.values(), key=lambda each: (each.failures, each.worker_key))
    return HealthCheck(
        "failing people",
        HealthState.WARNING,
        f"{len(failing)} with operations that failed in the last runs; worker {worst.worker_key} "
        f"{worst.failures} times in a row: {worst.detail}",
        f"`scimflow explain {worst.worker_key}` tells why; `scimflow retry {worst.worker_key}` "
        "tries again now",
    )


async def _target(project: Project) -> AsyncIterator[HealthCheck]:
    settings = project.settings.target
    try:
        tokens = find_token(project)
        async with open_client(settings, tokens, folder=project.folder) as client:
            found_token = await tokens.check()
            found = await client.discover()
            teams = None if project.settings.teams is None else await _teams(client)
    except ScimflowError as error:
        yield _failed("token", error)
        yield HealthCheck("target", HealthState.SKIPPED, "not tried without a token")
        return
    yield HealthCheck("token", HealthState.OK, found_token)
    for endpoint in found.endpoints:
        state = HealthState.OK if endpoint.ok else HealthState.FAILED
        if not endpoint.ok and endpoint.name != "users":
            state = HealthState.WARNING  # a target may lack discovery and still keep users well
        yield HealthCheck(f"target: {endpoint.name}", state, endpoint.message, endpoint.hint)
    if teams is not None:
        yield teams
    yield _clock(found.clock_skew_s)


async def _teams(client: ScimClient) -> HealthCheck:
    """Whether the target has teams at all: they are behind a switch of their own."""
    try:
        count = await client.groups.count()
    except ScimflowError as error:
        return HealthCheck("target: teams", HealthState.FAILED, error.message, TEAMS_SWITCH)
    told = "listed, without a total" if count is None else f"{count:,} in all"
    return HealthCheck("target: teams", HealthState.OK, told)


def _clock(skew_s: float | None) -> HealthCheck:
    """Compare this machine's clock with the Date of the target's answers."""
    if skew_s is None:
        return HealthCheck("clock", HealthState.SKIPPED, "the target does not tell the time")
    apart = abs(skew_s)
    if apart <= CLOCK_TOLERANCE_S:
        return HealthCheck("clock", HealthState.OK, "agrees with the target's")
    return HealthCheck(
        "clock",
        HealthState.WARNING,
        f"{apart:.0f} s apart from the target's",
        "set this machine's clock: leavers and joiners are worked out by it",
    )


async def _prefect() -> HealthCheck:
    """Ask Prefect's API for its health, without importing Prefect."""
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return HealthCheck(
            "Prefect", HealthState.OK, "PREFECT_API_URL is not set: the embedded server is used"
        )
    try:
        async with httpx.AsyncClient(timeout=PREFECT_TIMEOUT_S) as client:
            answer = await client.get(f"{url.rstrip('/')}/health")
            answer.raise_for_status()
    except httpx.HTTPError as error:
        return HealthCheck(
            "Prefect",
            HealthState.FAILED,
            f"{url} does not answer as Prefect's API ({type(error).__name__})",
            "start the server, correct PREFECT_API_URL (it ends in /api), or unset it",
        )
    return HealthCheck("Prefect", HealthState.OK, f"{url} answers")


async def _shared_limit(shared: SharedLimit, reachable: bool) -> HealthCheck:
    """Whether Prefect's server has the limit by which runs share the token's rate."""
    name, url = "shared rate", os.environ.get("PREFECT_API_URL")
    if not url:
        return HealthCheck(
            name,
            HealthState.FAILED,
            "`target.shared_limit` needs a Prefect server that all runs know",
            "set PREFECT_API_URL, or take `target.shared_limit` out of the settings",
        )
    if not reachable:
        return HealthCheck(name, HealthState.SKIPPED, "not looked at without Prefect's server")
    make = f"prefect gcl create {shared.name} --limit {shared.shares}"
    try:
        async with httpx.AsyncClient(timeout=PREFECT_TIMEOUT_S) as client:
            answer = await client.get(f"{url.rstrip('/')}/v2/concurrency_limits/{shared.name}")
            if answer.status_code == httpx.codes.NOT_FOUND:
                missing = f"Prefect's server has no global concurrency limit {shared.name!r}"
                return HealthCheck(name, HealthState.FAILED, missing, make)
            found = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        told = f"the limit {shared.name!r} cannot be read ({type(error).__name__})"
        return HealthCheck(name, HealthState.FAILED, told)
    differs = wrong_with_limit(
        shared, found["limit"], found["slot_decay_per_second"], found["active"]
    )
    if differs is not None:
        return _failed(name, differs)
    taken = f"{found['active_slots']} of {shared.shares} shares of {shared.name} are taken"
    return HealthCheck(name, HealthState.OK, taken)
