"""Writing changes to an account in the way that this target takes, learned once a session.

PATCH or PUT by the settings, by ServiceProviderConfig, or by what was refused; the dialect of PATCH
from the exact to the coarse. What worked is remembered, so that the next operation needs one
request.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from data_contracts.configuration.target import TargetSettings
from data_contracts.errors import TargetRefused, UniquenessConflict
from data_contracts.scim.paths import AttributePath, parse_path
from data_contracts.scim.resource import Resource, Value
from data_contracts.scim.schema import USER_SCHEMA
from tasks.load.projection import Projection
from tasks.scim.changes import PatchDialect, needs_current, patch_body
from tasks.scim.client import ScimClient
from tasks.scim.merge import has_element, merge_changes, writable
from tasks.scim.wire import Trace

RACES = 3
"""How often an account is read and written anew when somebody else was quicker; who loses so often
writes against a program that does not stop."""

_UNSUPPORTED = frozenset({405, 501})
_OTHER_DIALECT = frozenset({None, "notarget", "invalidpath", "invalidsyntax", "invalidfilter"})
"""`scimType`s of a 400 that another dialect may avoid; the others are about the values."""


class Method(StrEnum):
    """How accounts are changed."""

    PATCH = "patch"
    PUT = "put"


@dataclass(frozen=True, slots=True)
class Written:
    """An answered write.

    Attributes:
        resource: The account as answered; None when the answer held none.
        already: Whether it was as meant before, so that nothing was written.
    """

    resource: Resource | None
    already: bool = False


class AccountWriter:
    """Changes accounts of one target; one for a session, which it learns in.

    Args:
        client: Of the target.
        settings: Of the target.
        projection: Says whether an account is as meant.
    """

    def __init__(
        self, client: ScimClient, settings: TargetSettings, projection: Projection
    ) -> None:
        self._client = client
        self._projection = projection
        self._extensions = settings.extensions
        self._method = None if settings.update_with == "auto" else Method(settings.update_with)
        self._asking = asyncio.Lock()
        self._may_switch = settings.update_with == "auto"
        self._dialect = PatchDialect.VALUE_PATHS
        self._proven: set[tuple[PatchDialect, str]] = set()

    async def write(
        self,
        account_id: str,
        changes: Mapping[str, Value],
        absent: frozenset[str],
        trace: Trace,
    ) -> Written:
        """Write changes once.

        Args:
            account_id: Whose.
            changes: New values by path; empty text clears.
            absent: Paths whose list element is known not to be there.
            trace: Where exchanges are noted.

        Raises:
            TargetError: It was refused, in every form that may be tried, or its end is not known.
        """
        if await self._chosen_method(trace) is Method.PUT:
            return await self._put(account_id, changes, trace)
        try:
            return await self._patch(account_id, changes, absent, trace)
        except TargetRefused as error:
            if error.status not in _UNSUPPORTED or not self._may_switch:
                raise
            self._method, self._may_switch = Method.PUT, False
            return await self._put(account_id, changes, trace)

    async def _chosen_method(self, trace: Trace) -> Method:
        async with self._asking:  # many begin at once; one asks
            if self._method is None:
                announced = (await self._client.provider_config(trace=trace)).patch
                self._method = Method.PUT if announced is False else Method.PATCH
            return self._method

    async def _put(self, account_id: str, changes: Mapping[str, Value], trace: Trace) -> Written:
        """The whole resource, with what we own changed in it (RFC 7644 section 3.5.1).

        Somebody may change the account between our reading and our writing (412, with an ETag):
        then what is meant is held against the account as it is now, and laid over that.
        """
        attempt = 0
        while True:
            attempt += 1
            current, etag = await self._client.get_user(account_id, trace=trace)
            if not self._projection.differing(current, changes):
                return Written(current, already=True)
            resource = writable(merge_changes(current, changes, self._extensions))
            try:
                answered = await self._client.put_user(account_id, resource, etag=etag, trace=trace)
            except TargetRefused as error:
                if error.status == HTTPStatus.PRECONDITION_FAILED and attempt < RACES:
                    continue
                if error.status not in _UNSUPPORTED or not self._may_switch:
                    raise
                self._method, self._may_switch = Method.PATCH, False
                return await self._patch(account_id, changes, frozenset(), trace)
            return Written(answered)

    async def _patch(
        self,
        account_id: str,
        changes: Mapping[str, Value],
        absent: frozenset[str],
        trace: Trace,
    ) -> Written:
        """One PATCH; where it is refused for its form, the next coarser one."""
        dialect, current, lasting = self._dialect, None, False
        paths = [parse_path(text, self._extensions) for text in changes]
        if dialect is PatchDialect.VALUE_PATHS and (doubtful := _doubtful(changes, paths, absent)):
            current, _ = await self._client.get_user(account_id, trace=trace)
            absent -= {text for text, path in doubtful.items() if has_element(current, path)}
        while True:
            if current is None and needs_current(changes, dialect, self._extensions):
                current, _ = await self._client.get_user(account_id, trace=trace)
            body = patch_body(
                changes,
                dialect=dialect,
                extensions=self._extensions,
                absent=absent,
                current=current,
            )
            try:
                answered = await self._client.patch_user(account_id, body, trace=trace)
            except TargetRefused as error:
                coarser = self._coarser(error, dialect, paths)
                if coarser is None:
                    raise
                current, _ = await self._client.get_user(account_id, trace=trace)
                if not self._projection.differing(current, changes):
                    return Written(current, already=True)  # a change of nothing can be a 400 too
                lasting = lasting or _is_form(error, current, paths, absent)
                dialect = coarser
                continue
            self._proven.update((dialect, feature) for feature in _features(paths))
            if lasting:
                self._dialect = max(self._dialect, dialect)
            return Written(answered)

    def _coarser(
        self, error: TargetRefused, dialect: PatchDialect, paths: Sequence[AttributePath]
    ) -> PatchDialect | None:
        """The dialect to try after a refusal; None when the refusal is not about the form."""
        scim_type = error.scim_type.lower() if error.scim_type else None
        if isinstance(error, UniquenessConflict) or error.status not in (400, 422):
            return None
        if scim_type not in _OTHER_DIALECT:
            return None
        if scim_type != "notarget" and all((dialect, f) in self._proven for f in _features(paths)):
            return None  # this form is known to work here: it is the values
        lists = any(path.selector is not None for path in paths)
        if dialect is PatchDialect.VALUE_PATHS and lists:
            return PatchDialect.WHOLE_LISTS
        return None if dialect is PatchDialect.WITHOUT_PATHS else PatchDialect.WITHOUT_PATHS


def _doubtful(
    changes: Mapping[str, Value], paths: Sequence[AttributePath], absent: frozenset[str]
) -> dict[str, AttributePath]:
    """Absent values whose list element may well be there: a work address without its region.

    Adding the element would make a second one. Without a `value` hardly any element is there.
    """
    return {
        text: path
        for text, path in zip(changes, paths, strict=True)
        if text in absent and path.selector is not None and path.sub not in (None, "value")
    }


def _features(paths: Sequence[AttributePath]) -> set[str]:
    """What a dialect must be able to say for these paths."""
    found = set()
    for path in paths:
        if path.selector is not None:
            found.add("list element")
        elif path.schema != USER_SCHEMA:
            found.add("extension")
        else:
            found.add("part" if path.sub else "plain")
    return found


def _is_form(
    error: TargetRefused,
    current: Resource,
    paths: Sequence[AttributePath],
    absent: frozenset[str],
) -> bool:
    """Whether a refusal is about how this target wants a PATCH, and not about this one account.

    `noTarget` is right where the list element is not there (RFC 7644 section 3.5.2.3).
    """
    if (error.scim_type or "").lower() != "notarget":
        return True
    return all(has_element(current, path) for path in paths if path.selector is not None)
