"""Groups of a target: what can be asked of them. No method deletes one.

RFC 7643 section 4.2, RFC 7644 sections 3.3 to 3.5. Requests are sent, paced and repeated by the
client that this belongs to.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

import orjson

from data_contracts.configuration.target import TargetSettings
from data_contracts.errors import AnswerUnreadable, TargetRefused
from data_contracts.scim.resource import look_up
from data_contracts.teams import Team, folded_name
from tasks.scim.answers import Answer, read_resource, resource_id
from tasks.scim.listing import AnnouncesCursors, read_all
from tasks.scim.pages import Page, read_page
from tasks.scim.protocol import (
    Purpose,
    Request,
    equals_filter,
    list_from,
    list_page,
    resource_path,
)
from tasks.scim.reading import KeepPage, UserListing
from tasks.scim.wire import Trace

GROUPS = "/Groups"
PAGES_AHEAD = 4
"""Pages on their way at once; one with all members of a hundred groups is large."""

Resource = Mapping[str, Any]


class Send(Protocol):
    """Sends a request, repeated as far as that is harmless."""

    async def __call__(self, request: Request, trace: Trace | None = None) -> Answer:
        """The answer, or a TargetError."""
        ...


class Groups:
    """The groups of one target.

    Args:
        send: Sends a request.
        announces_cursors: Asks the target whether it pages by cursor.
        settings: Of the target: page size and requests in flight.
    """

    def __init__(
        self, send: Send, announces_cursors: AnnouncesCursors, settings: TargetSettings
    ) -> None:
        self._send = send
        self._announces_cursors = announces_cursors
        self._paging = settings.paging
        self._page_size = settings.page_size
        self._ahead = min(PAGES_AHEAD, settings.max_in_flight)
        self._unfilterable = False

    async def list(self, on_groups: KeepPage) -> UserListing:
        """Read every group, with members where the target lists them.

        Args:
            on_groups: Takes the groups page by page.

        Raises:
            TargetError: A page could not be read at all.
        """
        return await read_all(
            self._fetch,
            self._page_size,
            ahead=self._ahead,
            on_users=on_groups,
            fetch_from=None if self._paging == "index" else self._fetch_from,
            by_cursor=self._paging == "cursor",
            announces_cursors=self._announces_cursors,
            noun="teams",
        )

    async def count(self) -> int | None:
        """How many groups the target announces; None when it does not say.

        Raises:
            TargetError: There is no list of groups.
        """
        return (await self._fetch(1, 1)).total

    async def get(
        self, team_id: str, *, trace: Trace | None = None, purpose: Purpose = Purpose.VERIFY
    ) -> tuple[dict[str, Any], str | None]:
        """One group with its members, and its ETag if it has one.

        Raises:
            TargetRefused: With status 404: there is no such group.
            TargetError: It cannot be read.
        """
        path = resource_path(GROUPS, team_id)
        answer = await self._send(Request("GET", path, purpose, shown=path), trace)
        resource = read_resource(answer)
        if resource is None or resource_id(resource) != team_id:
            raise AnswerUnreadable(f"GET {path}: the answer is not that team", status=answer.status)
        return resource, answer.etag

    async def create(
        self, resource: Resource, *, trace: Trace | None = None
    ) -> dict[str, Any] | None:
        """Create a group; as answered, or None when the answer holds none.

        Raises:
            UniquenessConflict: Its name is taken.
            OutcomeUnknown: The answer was lost.
            TargetError: It was refused.
        """
        body = orjson.dumps(resource)
        request = Request("POST", GROUPS, Purpose.WRITE, shown=GROUPS, body=body)
        return read_resource(await self._send(request, trace))

    async def patch(self, team_id: str, body: Resource, *, trace: Trace | None = None) -> None:
        """Change a group (RFC 7644 section 3.5.2).

        Raises:
            TargetError: As for `create`.
        """
        await self._write("PATCH", team_id, body, None, trace)

    async def put(
        self, team_id: str, resource: Resource, *, etag: str | None, trace: Trace | None = None
    ) -> None:
        """Replace a group, if it still has that ETag.

        Raises:
            TargetRefused: With status 412: somebody else changed it meanwhile.
            TargetError: As for `create`.
        """
        await self._write("PUT", team_id, resource, etag, trace)

    async def find(self, name: str, *, trace: Trace | None = None) -> tuple[dict[str, Any], ...]:
        """The groups with this displayName, in any case.

        A filter that is not known, is ignored or finds nothing (an index may lag behind the writes)
        is not enough: then all groups are read.

        Raises:
            AnswerUnreadable: None was found, and the listing was not complete.
            TargetError: It cannot be found out.
        """
        if not self._unfilterable:
            found = await self._find_by_filter(name, trace)
            self._unfilterable = found is None
            if found:
                return found
        kept: list[Resource] = []
        listing = await self.list(kept.extend)
        found = _named(kept, name)
        if not found and not listing.complete:
            raise AnswerUnreadable(
                "the target cannot be searched by displayName, and its list of teams is not "
                f"complete: {'; '.join(listing.notes)}"
            )
        return found

    async def _find_by_filter(
        self, name: str, trace: Trace | None
    ) -> tuple[dict[str, Any], ...] | None:
        """Who has the name; None when the target cannot filter by it, or does not."""
        query = f"filter={quote(equals_filter('displayName', name), safe='')}"
        shown = f'{GROUPS}?filter=displayName eq "***"'
        request = Request("GET", GROUPS, Purpose.LOOK_UP, query, shown=shown)
        try:
            page = read_page(await self._send(request, trace), request)
        except TargetRefused:
            return None
        found = _named(page.resources, name)
        return found if len(found) == len(page.resources) else None

    async def _write(
        self, method: str, team_id: str, body: Resource, etag: str | None, trace: Trace | None
    ) -> None:
        path, content = resource_path(GROUPS, team_id), orjson.dumps(body)
        await self._send(
            Request(method, path, Purpose.WRITE, shown=path, body=content, if_match=etag), trace
        )

    async def _fetch(self, start_index: int, count: int) -> Page:
        request = list_page(start_index, count, GROUPS)
        return read_page(await self._send(request), request)

    async def _fetch_from(self, cursor: str, count: int | None) -> Page:
        request = list_from(cursor, count, GROUPS)
        return read_page(await self._send(request), request)


def _named(groups: Sequence[Resource], name: str) -> tuple[dict[str, Any], ...]:
    wanted = folded_name(name)
    return tuple(dict(g) for g in groups if folded_name(read_team(g).name) == wanted)


def read_team(resource: Resource, *, whole: bool = False) -> Team:
    """A group as the target gave it.

    Args:
        resource: With an id.
        whole: Whether it was read singly: without members it then has none. In a list, members may
            have been left out (RFC 7644 section 3.9 lets a target do so).
    """
    name, external_id = look_up(resource, "displayName"), look_up(resource, "externalId")
    return Team(
        team_id=resource_id(resource),
        name="" if name is None else str(name),
        external_id=None if external_id in (None, "") else str(external_id),
        members=member_ids(resource, whole=whole),
    )


def member_ids(resource: Resource, *, whole: bool = True) -> frozenset[str] | None:
    """Ids of a group's members; None when it says nothing of them.

    Args:
        resource: The group.
        whole: Whether a group that says nothing has none.
    """
    given = look_up(resource, "members")
    if given is None:
        return frozenset() if whole else None
    elements = given if isinstance(given, list) else [given]
    values = (look_up(e, "value") if isinstance(e, Mapping) else e for e in elements)
    return frozenset(str(value) for value in values if value not in (None, ""))
