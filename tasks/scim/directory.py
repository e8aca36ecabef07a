"""Looking somebody up at a target that cannot filter: in a listing of everybody.

Slow, but right. Look-ups that come while a listing runs share the next one, so that a hundred
conflicts cost a few listings and not a hundred.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from data_contracts.errors import AnswerUnreadable
from data_contracts.scim.paths import parse_path
from data_contracts.scim.resource import Resource, Value, compile_reader, normal_form
from tasks.scim.answers import resource_id
from tasks.scim.reading import KeepPage, UserListing

ATTRIBUTES = ("userName", "externalId")

ListUsers = Callable[[KeepPage], Awaitable[UserListing]]


def identity_of(resource: Resource, attribute: str) -> Value | None:
    """An identifying value of a user in the form in which two are compared.

    Args:
        resource: The user.
        attribute: `userName` or `externalId`.
    """
    return normal_form(_READERS[attribute](resource), parse_path(attribute))


_READERS = {name: compile_reader(parse_path(name)) for name in ATTRIBUTES}


class Directory:
    """Who has which userName and externalId, by a listing not older than the question.

    Args:
        list_users: Lists everybody, page by page.
    """

    def __init__(self, list_users: ListUsers) -> None:
        self._list_users = list_users
        self._ids: dict[tuple[str, Value], list[str]] = {}
        self._doubt = ""
        self._lock = asyncio.Lock()
        self._questions = 0
        self._answered = 0

    async def ids_of(self, attribute: str, value: Value) -> Sequence[str]:
        """The ids of the users with one value.

        Args:
            attribute: `userName` or `externalId`.
            value: In normal form.

        Raises:
            AnswerUnreadable: Nobody was found, and the listing was not complete.
            TargetError: The listing failed.
        """
        self._questions += 1
        question = self._questions
        async with self._lock:
            if self._answered < question:
                self._answered = await self._rebuild()
        found = self._ids.get((attribute, value), ())
        if not found and self._doubt:
            raise AnswerUnreadable(
                f"the target cannot be searched by {attribute}, and its listing is not complete: "
                f"{self._doubt}"
            )
        return found

    async def _rebuild(self) -> int:
        """List everybody; return the last question that this answers."""
        answers, ids = self._questions, defaultdict[tuple[str, Value], list[str]](list)

        def note(users: Sequence[Mapping[str, Any]]) -> None:
            for user in users:
                for attribute in ATTRIBUTES:
                    if (value := identity_of(user, attribute)) is not None:
                        ids[attribute, value].append(resource_id(user))

        listing = await self._list_users(note)
        self._ids, self._doubt = dict(ids), "" if listing.complete else "; ".join(listing.notes)
        return answers
