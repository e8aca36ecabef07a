"""One page of a list, as servers really write it.

Pure. RFC 7644 section 3.4.2, RFC 9865 section 2. Seen: `resources` in lower case, no
`totalResults`, the list under another name, `itemsPerPage` that only echoes the request (and is
therefore not read).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data_contracts.errors import AnswerUnreadable
from data_contracts.scim.resource import look_up
from tasks.scim.answers import Answer, resource_id
from tasks.scim.protocol import Request


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer lists.

    Attributes:
        resources: The users, in the order given.
        total: How many there are in all, by the target's word; None when it does not say.
        unusable: Elements that are no users or have no id.
        next_cursor: Where the next page is found (RFC 9865); "" when there is none.
    """

    resources: tuple[dict[str, Any], ...]
    total: int | None
    unusable: int = 0
    next_cursor: str = ""

    @property
    def length(self) -> int:
        """How many elements the page has: by this the next one is found."""
        return len(self.resources) + self.unusable


def read_page(answer: Answer, request: Request) -> Page:
    """Read the answer to a list request.

    Raises:
        AnswerUnreadable: It is no list: no JSON, or JSON without the parts of one.
    """
    document = answer.document()
    where = f"{request.method} {request.shown}"
    if document is None:
        raise AnswerUnreadable(f"{where}: the answer is not JSON{_kind(answer)}", status=200)
    elements, total = _parts(document)
    if elements is None:
        if total is None or total > 0:
            raise AnswerUnreadable(f"{where}: the answer is JSON but no list of users", status=200)
        elements = []  # may be left out when nothing is found
    users = tuple(e for e in elements if isinstance(e, dict) and resource_id(e))
    return Page(users, total, len(elements) - len(users), _next_cursor(document))


def _next_cursor(document: Any) -> str:
    cursor = look_up(document, "nextCursor") if isinstance(document, Mapping) else None
    return str(cursor) if isinstance(cursor, str | int) and not isinstance(cursor, bool) else ""


def _parts(document: Any) -> tuple[list[Any] | None, int | None]:
    """The elements and the total, wherever they stand."""
    if isinstance(document, list):
        return document, None
    if not isinstance(document, Mapping):
        return None, None
    total = _whole(look_up(document, "totalResults"))
    elements = look_up(document, "Resources")
    if not isinstance(elements, list):  # under another name (wso2 issue 3372)
        elements = next(
            (v for v in document.values() if isinstance(v, list) and v and isinstance(v[0], dict)),
            None,
        )
    return elements, total


def _whole(value: Any) -> int | None:
    """A count that came as a number or as text."""
    if isinstance(value, bool):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number >= 0 else None


def _kind(answer: Answer) -> str:
    if not answer.body:
        return " (it is empty)"
    return " but a web page" if answer.body[:200].lstrip().startswith(b"<") else ""
