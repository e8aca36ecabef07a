"""Pages one after the other: where the next may be, how many there may be, what each holds."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from tasks.extract.json_scan import DoubledKey, decode
from tasks.extract.live.session import LiveSession, Question
from tasks.scim.answers import Answer

MOST_PAGES = 20_000
"""Four million people of Okta's 200 a page: a list that goes on longer leads in circles."""

_PORTS = {"https": 443, "http": 80}


class Trail:
    """The pages of one list that were asked for.

    Args:
        session: Asks.
        base_url: Address of the system: pages elsewhere would get its token.
    """

    def __init__(self, session: LiveSession, base_url: str) -> None:
        self._session = session
        self._origin = origin_of(base_url)
        self._seen: set[str] = set()

    def follow(self, question: Question) -> Question:
        """Look whether a page may be asked for.

        Args:
            question: For the page, as the one before names it.

        Raises:
            SourceError: It is on another host, was asked for already, or is one too many.
        """
        self.stay(question)
        if question.url in self._seen:
            raise self._session.changed_meanwhile(question, "the pages lead in a circle")
        if len(self._seen) >= MOST_PAGES:
            raise self._session.changed_meanwhile(question, f"there are more than {MOST_PAGES:,}")
        self._seen.add(question.url)
        return question

    def stay(self, question: Question) -> None:
        """Look whether an address is the system's own.

        Args:
            question: For the address, whenever it is asked.

        Raises:
            SourceError: It is on another host.
        """
        if origin_of(question.url) != self._origin:
            host = origin_of(question.url)[1]
            raise self._session.not_as_expected(
                question, f"is said to be on another host ({host}), which must not get the token"
            )


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL; what no URL is has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", "", None
    return parts.scheme, parts.hostname or "", port


def document_of(session: LiveSession, question: Question, answer: Answer) -> Any:
    """The JSON of a page, every scalar but null and true and false as text.

    Raises:
        SourceError: It is none, or has a key twice; says what it seems to be.
    """
    try:
        return decode(answer.body.decode("utf-8-sig"))
    except DoubledKey as error:
        raise session.not_as_expected(question, str(error)) from None
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        page = answer.body[:200].lstrip().startswith(b"<")
        what = "a web page" if page else "something that is no whole JSON"
        raise session.not_as_expected(question, f"answered with {what}") from None


def objects_in(
    session: LiveSession,
    question: Question,
    document: Any,
    key: str | None,
    *,
    with_id: bool = True,
) -> list[dict[str, Any]]:
    """The objects of a page.

    Args:
        session: For messages.
        question: What was asked.
        document: The page.
        key: Where the list is in it; None when the document is the list.
        with_id: Whether each must have an `id`.

    Raises:
        SourceError: There is no such list of objects.
    """
    found = document if key is None else document.get(key) if isinstance(document, dict) else None
    where = "" if key is None else f" in `{key}`"
    if not isinstance(found, list):
        raise session.not_as_expected(question, f"answered without a list of people{where}")
    if any(not isinstance(each, dict) for each in found):
        raise session.not_as_expected(question, f"answered with people{where} that are no objects")
    if with_id and any(not each.get("id") for each in found):
        raise session.not_as_expected(question, f"answered with people{where} who have no `id`")
    return found


def delivery_of(people: Iterable[dict[str, Any]], records_at: str) -> bytes:
    """A file of people, each on a line of its own, where the contract looks for them.

    They are in an order of their own, by id: the same people are the same file, however they were
    listed.

    Args:
        people: What the system answered about each.
        records_at: Keys that lead to the list, joined by dots; "" for none.
    """
    keys = [part for part in records_at.split(".") if part]
    head = "".join(f"{{{json.dumps(key)}: " for key in keys)
    lines = sorted((str(person.get("id") or ""), written(person)) for person in people)
    text = ",\n".join(line for _, line in lines)
    return f"{head}[\n{text}\n]{'}' * len(keys)}\n".encode()


def written(person: dict[str, Any]) -> str:
    """One person as JSON in one line; halves of characters stay what they are."""
    text = json.dumps(person, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(person)
    return text
