"""Writing changes to a team in the way that this target takes, learned once a session.

PATCH with value paths first (RFC 7644 section 3.5.2.2). A removal is never sent as `members` with a
value: a strict server reads that as "remove everybody" (authentik issue 23798, SimpleIdServer issue
244). Where the target refuses or ignores value paths (authentik issue 25686), the whole team is
read, changed and put back, if nobody else changed it meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from data_contracts.configuration.target import TargetSettings
from data_contracts.errors import TargetRefused
from data_contracts.scim.resource import look_up
from data_contracts.scim.schema import PATCH_SCHEMA
from tasks.scim.client import ScimClient
from tasks.scim.groups import member_ids
from tasks.scim.protocol import equals_filter
from tasks.scim.wire import Trace

CHUNK = 100
"""Members that one request adds and removes: AWS IAM Identity Center takes 100, others more."""

LARGEST_WHOLE = 3
"""How often a team is read and put back when somebody else changes it in between (412)."""

_UNSUPPORTED = frozenset({405, 501})
_FORM = frozenset({400, 404, 405, 422, 501})
"""Refusals that may be about the form of the request."""


class Way(IntEnum):
    """How a team is changed, the most exact first."""

    VALUE_PATHS = 0
    WHOLE = 1  # read, changed, put back
    WHOLE_LIST = 2  # read; the list of members replaced by PATCH


@dataclass(frozen=True, slots=True)
class TeamChange:
    """What is to be different about a team.

    Attributes:
        name: Its new name; None to leave it.
        add: Account ids that become members.
        remove: Account ids that are members no more.
    """

    name: str | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to change."""
        return self.name is None and not self.add and not self.remove

    @property
    def parts(self) -> frozenset[str]:
        """What a request must be able to say for it."""
        given = {"rename": self.name, "add": self.add, "remove": self.remove}
        return frozenset(part for part, value in given.items() if value)

    def missing_in(self, resource: Mapping[str, Any]) -> "TeamChange":
        """What of it a team does not show yet."""
        members = member_ids(resource) or frozenset()
        name = look_up(resource, "displayName")
        return TeamChange(
            name=None if name is not None and str(name) == self.name else self.name,
            add=tuple(each for each in self.add if each not in members),
            remove=tuple(each for each in self.remove if each in members),
        )

    def chunks(self, size: int = CHUNK) -> list["TeamChange"]:
        """The same in parts of at most so many members, the name with the first."""
        moves = [*((each, True) for each in self.add), *((each, False) for each in self.remove)]
        parts = [moves[i : i + size] for i in range(0, len(moves), size)] or [[]]
        return [
            TeamChange(
                name=self.name if number == 0 else None,
                add=tuple(each for each, joins in part if joins),
                remove=tuple(each for each, joins in part if not joins),
            )
            for number, part in enumerate(parts)
        ]


class TeamWriter:
    """Changes teams of one target; one for a session, which it learns in.

    Args:
        client: Of the target.
        settings: Of the target.
    """

    def __init__(self, client: ScimClient, settings: TargetSettings) -> None:
        self._groups = client.groups
        self._way = Way.WHOLE if settings.update_with == "put" else Way.VALUE_PATHS
        self._proven: set[str] = set()

    async def write(self, team_id: str, change: TeamChange, trace: Trace) -> None:
        """Write a change once, in as many requests as the target needs.

        Args:
            team_id: Which team.
            change: What is to be different.
            trace: Where exchanges are noted.

        Raises:
            TargetError: It was refused, in every form that may be tried, or its end is not known.
        """
        if self._way is not Way.VALUE_PATHS:
            return await self.write_whole(team_id, change, trace)
        for chunk in change.chunks():
            try:
                await self._groups.patch(team_id, value_paths(chunk), trace=trace)
            except TargetRefused as error:
                if error.status not in _FORM or chunk.parts <= self._proven:
                    raise  # this form is known to work here: it is the name, or a member
                await self.write_whole(team_id, chunk, trace)
                if error.status in _UNSUPPORTED:
                    self._way = max(self._way, Way.WHOLE)
            else:
                self._proven |= chunk.parts

    def distrust_value_paths(self) -> None:
        """Use them no more: the target answered success and did nothing."""
        self._way = max(self._way, Way.WHOLE)

    async def write_whole(self, team_id: str, change: TeamChange, trace: Trace) -> None:
        """Read the team, change it, put it back; again when somebody else changed it meanwhile.

        Raises:
            TargetError: As for `write`.
        """
        for attempt in range(1, LARGEST_WHOLE + 1):
            current, etag = await self._groups.get(team_id, trace=trace)
            left = change.missing_in(current)
            if left.is_empty:
                return
            try:
                await self._write_merged(team_id, current, left, etag, trace)
            except TargetRefused as error:
                if error.status != 412 or attempt == LARGEST_WHOLE:
                    raise
            else:
                return

    async def _write_merged(
        self,
        team_id: str,
        current: Mapping[str, Any],
        change: TeamChange,
        etag: str | None,
        trace: Trace,
    ) -> None:
        if self._way is not Way.WHOLE_LIST:
            try:
                return await self._groups.put(
                    team_id, merged(current, change), etag=etag, trace=trace
                )
            except TargetRefused as error:
                if error.status not in _UNSUPPORTED:
                    raise
                self._way = Way.WHOLE_LIST
        await self._groups.patch(team_id, whole_list(current, change), trace=trace)


def value_paths(change: TeamChange) -> dict[str, Any]:
    """A change as a PATCH that names each member who leaves.

    >>> value_paths(TeamChange(remove=("7",)))["Operations"]
    [{'op': 'remove', 'path': 'members[value eq "7"]'}]
    """
    operations: list[dict[str, Any]] = []
    if change.name is not None:
        operations.append({"op": "replace", "path": "displayName", "value": change.name})
    if change.add:
        values = [{"value": each} for each in change.add]
        operations.append({"op": "add", "path": "members", "value": values})
    paths = (f"members[{equals_filter('value', each)}]" for each in change.remove)
    operations += [{"op": "remove", "path": path} for path in paths]
    return {"schemas": [PATCH_SCHEMA], "Operations": operations}


def whole_list(current: Mapping[str, Any], change: TeamChange) -> dict[str, Any]:
    """A change as a PATCH that replaces the list of members."""
    operations: list[dict[str, Any]] = []
    if change.name is not None:
        operations.append({"op": "replace", "path": "displayName", "value": change.name})
    if change.add or change.remove:
        members = _members_after(current, change)
        operations.append({"op": "replace", "path": "members", "value": members})
    return {"schemas": [PATCH_SCHEMA], "Operations": operations}


def merged(current: Mapping[str, Any], change: TeamChange) -> dict[str, Any]:
    """A team as it was read, with the change in it: for a PUT. What is not ours stays."""
    ours = ("displayname", "members", "meta")
    kept = {k: v for k, v in current.items() if k.lower() not in ours and v is not None}
    name = change.name if change.name is not None else look_up(current, "displayName")
    return {**kept, "displayName": name, "members": _members_after(current, change)}


def _members_after(current: Mapping[str, Any], change: TeamChange) -> list[Any]:
    """The members as they were read, without who leaves, with who joins."""
    given = look_up(current, "members")
    elements = given if isinstance(given, list) else [given] if given is not None else []
    removed = set(change.remove)
    ids = (look_up(e, "value") if isinstance(e, Mapping) else e for e in elements)
    kept = [e for e, each in zip(elements, ids, strict=True) if str(each) not in removed]
    return [*kept, *({"value": each} for each in change.add)]
