"""The SCIM client of one target: what can be asked of it, one method each.

Reads are repeated while that may help; writes only when they were certainly not carried out (see
`tasks.scim.retry`). No method deletes a user.
"""

import asyncio
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
from pydantic import SecretStr

from data_contracts.configuration.target import TargetSettings
from data_contracts.errors import (
    AnswerUnreadable,
    TargetError,
    TargetRefused,
    TargetUnavailable,
)
from data_contracts.scim.paths import parse_path
from data_contracts.scim.resource import Value, normal_form
from data_contracts.seen_request import OnRequest
from tasks.scim import discovery, protocol
from tasks.scim.access import StaticToken, TokenSource
from tasks.scim.answers import Answer, read_resource, resource_id
from tasks.scim.bulk import BulkWay
from tasks.scim.bulk_messages import located_id
from tasks.scim.clock import SYSTEM_CLOCK, Clock
from tasks.scim.directory import Directory, identity_of
from tasks.scim.discovery import Discovery, ProviderConfig
from tasks.scim.groups import Groups
from tasks.scim.listing import read_all
from tasks.scim.pages import Page, read_page
from tasks.scim.probe import probe
from tasks.scim.protocol import Purpose, Request
from tasks.scim.rate import RateController, Share
from tasks.scim.reading import KeepPage, UserListing
from tasks.scim.retry import with_retries
from tasks.scim.transport import open_transport
from tasks.scim.wire import Trace, Wire

PAGES_AHEAD = 8
"""Pages on their way at once: enough to hide the latency, few enough to hold in memory."""

CONFIG_BUDGET_S = 10.0
"""ServiceProviderConfig decides nothing that cannot be found out by trying."""

FIRST_CONTACT_S = 15.0
"""A host that never answered is rather misspelled or walled off than just restarting."""

PROBE_BUDGET_S = 3.0
"""A person waits for it."""


class ScimClient:
    """One target. Use it as an async context manager; one for a run.

    Args:
        settings: Of the target.
        tokens: Gives the access token; closed with the client.
        transport: What carries the bytes; closed with the client.
        clock: Time.
        on_request: Told of each request that was sent.
        share: What is ours of the token's rate, where others use it too.
    """

    def __init__(
        self,
        settings: TargetSettings,
        tokens: TokenSource,
        transport: httpx.AsyncBaseTransport,
        *,
        clock: Clock = SYSTEM_CLOCK,
        on_request: OnRequest | None = None,
        share: Share | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._wire = Wire(settings, tokens, transport, clock, on_request, share)
        self._directory = Directory(lambda take: self.list_users(on_users=take))
        self._unfilterable: set[str] = set()
        self._config: ProviderConfig | None = None
        self._bulk: BulkWay | None = None
        self._asking = asyncio.Lock()
        self.groups = Groups(self._send, self._announces_cursors, settings)
        """Teams, where they are switched on."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if self._bulk is not None:
                await self._bulk.aclose()
        finally:
            await self._wire.aclose()

    @property
    def requests(self) -> int:
        """Requests sent so far, repetitions included."""
        return self._wire.requests

    @property
    def throttled(self) -> int:
        """Answers 429 so far."""
        return self._wire.rate.throttled

    @property
    def rate(self) -> RateController:
        """What paces the requests."""
        return self._wire.rate

    async def list_users(
        self, page_size: int | None = None, *, on_users: KeepPage | None = None
    ) -> UserListing:
        """Read everybody.

        Args:
            page_size: Users asked for a page; `target.page_size` when not given.
            on_users: Takes the users page by page; the listing then holds none.

        Returns:
            Each user once, and whether that is certainly everybody.

        Raises:
            TargetError: A page could not be read at all.
        """
        paging = self.settings.paging
        return await read_all(
            self._fetch_page,
            page_size or self.settings.page_size,
            ahead=min(PAGES_AHEAD, self.settings.max_in_flight),
            on_users=on_users,
            fetch_from=None if paging == "index" else self._fetch_from,
            by_cursor=paging == "cursor",
            announces_cursors=self._announces_cursors,
        )

    async def find_by_user_name(
        self, user_name: str, *, trace: Trace | None = None
    ) -> tuple[dict[str, Any], ...]:
        """The users with this userName (RFC 7643 section 4.1.1: case does not matter).

        Raises:
            TargetError: It cannot be found out.
        """
        return await self._find("userName", user_name, trace)

    async def find_by_external_id(
        self, external_id: str, *, trace: Trace | None = None
    ) -> tuple[dict[str, Any], ...]:
        """The users with this externalId. Who does not show an externalId has none.

        Raises:
            TargetError: It cannot be found out.
        """
        return await self._find("externalId", external_id, trace)

    async def get_user(
        self, account_id: str, *, trace: Trace | None = None, purpose: Purpose = Purpose.VERIFY
    ) -> tuple[dict[str, Any], str | None]:
        """One user, and its ETag if it has one.

        Raises:
            TargetRefused: With status 404: there is no such user.
            TargetError: It cannot be read.
        """
        request = protocol.get_user(account_id, purpose)
        answer = await self._send(request, trace)
        resource = read_resource(answer)
        if resource is None or resource_id(resource) != account_id:
            raise AnswerUnreadable(
                f"GET {request.shown}: the answer is not that user", status=answer.status
            )
        return resource, answer.etag

    async def create_user(
        self, resource: dict[str, Any], *, trace: Trace | None = None
    ) -> dict[str, Any] | None:
        """Create a user.

        Returns:
            The user as answered, or as read from where the answer points to; None when it says
            neither (202, or an unreadable body), so that the user has to be looked up.

        Raises:
            UniquenessConflict: A unique value is taken.
            OutcomeUnknown: The answer was lost.
            TargetError: It was refused.
        """
        answer = await self._send(protocol.post_user(resource), trace)
        return read_resource(answer) or await self._located(answer, trace)

    async def patch_user(
        self, account_id: str, body: dict[str, Any], *, trace: Trace | None = None
    ) -> dict[str, Any] | None:
        """Change a user; the user as answered, or None when the answer holds none (204).

        Raises:
            TargetError: As for `create_user`.
        """
        request = protocol.patch_user(account_id, body)
        return _that_user(await self._send(request, trace), account_id)

    async def put_user(
        self,
        account_id: str,
        resource: dict[str, Any],
        *,
        etag: str | None = None,
        trace: Trace | None = None,
    ) -> dict[str, Any] | None:
        """Replace a user, if it still has that ETag; the user as answered, or None.

        Raises:
            TargetRefused: With status 412: somebody else changed it meanwhile.
            TargetError: As for `create_user`.
        """
        request = protocol.put_user(account_id, resource, etag)
        return _that_user(await self._send(request, trace), account_id)

    async def provider_config(self, *, trace: Trace | None = None) -> ProviderConfig:
        """What the target announces; nothing known when it announces nothing readable.

        It is asked once.

        Raises:
            TargetError: It cannot be reached, or refuses the token.
        """
        if self._config is not None:
            return self._config
        request = protocol.discover(discovery.SERVICE_PROVIDER_CONFIG)
        try:
            answer = await self._send(request, trace, budget_s=CONFIG_BUDGET_S)
        except (TargetRefused, AnswerUnreadable):
            self._config = ProviderConfig()
        else:
            self._config = discovery.read_provider_config(answer.document())
        return self._config

    async def _announced(self) -> ProviderConfig:
        """What the target announces; nothing known when that cannot be had either."""
        try:
            return await self.provider_config()
        except TargetError as error:
            if not self._wire.answered or error.status == HTTPStatus.UNAUTHORIZED:
                raise  # nor would it answer anything else
            return ProviderConfig()

    async def _announces_cursors(self) -> bool:
        return (await self._announced()).cursor is True

    async def _bulk_way(self) -> BulkWay:
        """The way of writes, once it is known what the target announces."""
        async with self._asking:  # many begin at once; one asks
            if self._bulk is None:
                config = await self._announced()
                mark = uuid4().hex[:12]
                self._bulk = BulkWay(self._wire, self.settings.bulk, config, self.clock, mark)
            return self._bulk

    async def discover(self) -> Discovery:
        """Try every discovery endpoint, and the users; nothing is raised, all is told."""
        return await probe(
            lambda request: self._send(request, None, budget_s=PROBE_BUDGET_S),
            self.clock.now,
            self.settings.paging,
        )

    async def _fetch_page(self, start_index: int, count: int) -> Page:
        request = protocol.list_page(start_index, count)
        return read_page(await self._send(request, None), request)

    async def _fetch_from(self, cursor: str, count: int | None) -> Page:
        request = protocol.list_from(cursor, count)
        return read_page(await self._send(request, None), request)

    async def _find(
        self, attribute: str, value: str, trace: Trace | None
    ) -> tuple[dict[str, Any], ...]:
        """Ask with a filter, and keep only who really holds what was asked for.

        A target that ignores or does not know the filter is read whole instead: slow, but right.
        """
        wanted = normal_form(value, parse_path(attribute))
        if wanted is None:
            return ()
        if attribute not in self._unfilterable:
            found = await self._find_by_filter(attribute, value, wanted, trace)
            if found is not None:
                return found
        return await self._find_by_listing(attribute, wanted, trace)

    async def _find_by_filter(
        self, attribute: str, value: str, wanted: Value, trace: Trace | None
    ) -> tuple[dict[str, Any], ...] | None:
        """Who holds the value; None when the target cannot filter by it, or does not."""
        request = protocol.find_users(attribute, value)
        try:
            page = read_page(await self._send(request, trace), request)
        except TargetRefused:
            self._unfilterable.add(attribute)
            return None
        shown = [(user, identity_of(user, attribute)) for user in page.resources]
        if any(identity not in (wanted, None) for _, identity in shown):
            return None  # strangers: the filter was ignored (wso2/charon issue 117)
        return tuple(user for user, identity in shown if identity == wanted)

    async def _find_by_listing(
        self, attribute: str, wanted: Value, trace: Trace | None
    ) -> tuple[dict[str, Any], ...]:
        found = []
        for account_id in await self._directory.ids_of(attribute, wanted):
            try:
                user, _ = await self.get_user(account_id, trace=trace, purpose=Purpose.LOOK_UP)
            except TargetRefused as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
                continue  # gone since the listing
            if identity_of(user, attribute) == wanted:
                found.append(user)
        return tuple(found)

    async def _located(self, answer: Answer, trace: Trace | None) -> dict[str, Any] | None:
        """The created user that an answer without a body points to."""
        account_id = located_id(answer)
        if not account_id:
            return None
        try:
            return (await self.get_user(account_id, trace=trace))[0]
        except (TargetRefused, TargetUnavailable, AnswerUnreadable):
            return None  # not to be read there: it is looked up instead, and certainly made

    async def _send(
        self, request: Request, trace: Trace | None = None, *, budget_s: float | None = None
    ) -> Answer:
        whole_s = budget_s or self.settings.request_budget_s
        way: Wire | BulkWay = self._wire
        on_users = request.path.startswith(protocol.USERS)
        if request.purpose is Purpose.WRITE and on_users and self.settings.bulk.enabled:
            way = await self._bulk_way()
        return await with_retries(
            lambda left_s: way.send(request, left_s, trace),
            is_read=request.is_read,
            budget_s=lambda: whole_s if self._wire.answered else min(whole_s, FIRST_CONTACT_S),
            clock=self.clock,
        )


def _that_user(answer: Answer, account_id: str) -> dict[str, Any] | None:
    """The answered user, unless the answer is about somebody else."""
    resource = read_resource(answer)
    return resource if resource is not None and resource_id(resource) == account_id else None


def open_client(
    settings: TargetSettings,
    token: SecretStr | TokenSource,
    *,
    folder: Path,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock = SYSTEM_CLOCK,
    on_request: OnRequest | None = None,
    share: Share | None = None,
) -> ScimClient:
    """A client for a target.

    Args:
        settings: Of the target.
        token: The access token, or what gives it.
        folder: What relative paths in the settings start from.
        transport: What carries the bytes; the real one when not given.
        clock: Time.
        on_request: Told of each request that was sent.
        share: What is ours of the token's rate, where others use it too; closed by whoever made it.

    Raises:
        ConfigurationError: `ca_file` cannot be used.
    """
    tokens = StaticToken(token) if isinstance(token, SecretStr) else token
    way = transport or open_transport(settings, folder)
    return ScimClient(settings, tokens, way, clock=clock, on_request=on_request, share=share)
