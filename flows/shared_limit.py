"""Shares of one token's rate, held on Prefect's server as slots of a global concurrency limit.

Prefect's own rate limits would need a round trip for every few requests, and let a burst through on
top of their rate; slots that say how many share the rate need one look in two seconds.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

import httpx
from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse
from prefect.exceptions import ObjectNotFound

from data_contracts.configuration.target import TargetSettings
from data_contracts.errors import ConfigurationError, TargetUnavailable
from flows.limit_settings import wrong_with_limit
from tasks.scim.shared_rate import SharedRate

LEASE_S = 60.0
"""Prefect's least: so long after a run was killed, its share is kept for it."""

TAKEN = httpx.codes.LOCKED
FORGOTTEN = httpx.codes.GONE


class PrefectSlots:
    """One slot of a global concurrency limit.

    Args:
        name: Of the limit.
        client: Of Prefect's server; open.
    """

    def __init__(self, name: str, client: PrefectClient) -> None:
        self._name = name
        self._client = client
        self._lease: UUID | None = None

    async def acquire(self) -> bool:
        """Take a slot; False when all are taken."""
        with _answering():
            try:
                answer = await self._client.increment_concurrency_slots_with_lease(
                    [self._name], 1, "concurrency", LEASE_S
                )
            except httpx.HTTPStatusError as error:
                if error.response.status_code == TAKEN:
                    return False
                raise
        granted = answer.json()
        if not granted["limits"]:  # Prefect lets through what it does not know
            raise _missing(self._name)
        self._lease = UUID(granted["lease_id"])
        return True

    async def renew(self) -> bool:
        """Keep the slot; False when the server has forgotten it."""
        if self._lease is None:
            return False
        with _answering():
            try:
                await self._client.renew_concurrency_lease(self._lease, LEASE_S)
            except httpx.HTTPStatusError as error:
                if error.response.status_code != FORGOTTEN:
                    raise
                self._lease = None
        return self._lease is not None

    async def count(self) -> int:
        """How many slots are taken."""
        return (await _read(self._client, self._name)).active_slots

    async def release(self) -> None:
        """Give the slot back; without a word from the server its lease ends by itself."""
        lease, self._lease = self._lease, None
        if lease is not None:
            with _answering():
                await self._client.release_concurrency_slots_with_lease(lease)


@asynccontextmanager
async def share_of_limit(target: TargetSettings) -> AsyncIterator[SharedRate | None]:
    """The share of the token's rate that a run may use; None where it is not shared.

    Args:
        target: The settings.

    Raises:
        ConfigurationError: The limit is missing on Prefect's server, or is another one.
        TargetUnavailable: Prefect's server does not answer.
    """
    shared = target.shared_limit
    if shared is None:
        yield None
        return
    async with get_client() as client:
        found = await _read(client, shared.name)
        wrong = wrong_with_limit(shared, found.limit, found.slot_decay_per_second, found.active)
        if wrong is not None:
            raise wrong
        share = SharedRate(
            PrefectSlots(shared.name, client),
            target.requests_per_s,
            shared.shares,
            patience_s=target.request_budget_s,
        )
        try:
            yield share
        finally:
            await share.aclose()


async def ensure_limit(target: TargetSettings) -> str | None:
    """Make the limit on Prefect's server, or give it the number of slots that the settings say.

    Args:
        target: The settings.

    Returns:
        Its name; None where the target's rate is not shared.

    Raises:
        TargetUnavailable: Prefect's server does not answer.
    """
    shared = target.shared_limit
    if shared is None:
        return None
    async with get_client() as client:
        with _answering():
            await client.upsert_global_concurrency_limit_by_name(shared.name, shared.shares, 0.0)
            await client.update_global_concurrency_limit(
                shared.name, GlobalConcurrencyLimitUpdate(active=True)
            )
    return shared.name


async def _read(client: PrefectClient, name: str) -> GlobalConcurrencyLimitResponse:
    with _answering():
        try:
            return await client.read_global_concurrency_limit_by_name(name)
        except ObjectNotFound:
            raise _missing(name) from None


def _missing(name: str) -> ConfigurationError:
    return ConfigurationError(
        f"Prefect's server has no global concurrency limit {name!r} (target.shared_limit.name)",
        hint=f"scimflow deploy makes it; or: prefect gcl create {name} --limit SHARES",
    )


@contextmanager
def _answering() -> Iterator[None]:
    """Say in our words that Prefect's server does not answer."""
    try:
        yield
    except (httpx.HTTPStatusError, httpx.RequestError) as error:
        raise TargetUnavailable(
            f"Prefect's server does not answer about the shared rate ({type(error).__name__})",
            hint="check PREFECT_API_URL and the server",
        ) from None
