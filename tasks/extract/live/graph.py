"""Microsoft Graph: users by delta query, laid over the last delivery; or everybody every time.

The first round of `/users/delta` gives everybody and ends with a link; asked later, the link gives
what changed since, with `@removed` for who is gone. A delivery is always the whole roster: the last
one with the changes over it. The link is kept beside the delivery that it goes with, and moves on
only when a round came to its end. A link that Graph no longer knows (410) leads to everybody again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from data_contracts.configuration.live import GraphSettings
from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract
from tasks.extract.json_scan import scan_records
from tasks.extract.live.columns import properties_read
from tasks.extract.live.deliveries import Deliveries
from tasks.extract.live.fetched import Fetched
from tasks.extract.live.pages import Trail, delivery_of, document_of, objects_in
from tasks.extract.live.session import LiveSession, Question, error_code
from tasks.scim.answers import Answer

USERS = "/v1.0/users"
REMOVED = "@removed"
NEXT, DELTA = "@odata.nextLink", "@odata.deltaLink"
MANAGER, MANAGER_CHANGED = "manager", "manager@delta"

EXPIRED = frozenset({"syncStateNotFound", "syncStateInvalid", "resyncRequired"})
"""Codes of errors that mean the same as 410, whatever their case."""

Person = dict[str, Any]


LOST = (HTTPStatus.GONE, HTTPStatus.BAD_REQUEST)
"""What Graph answers to a link that it does not know any more."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of delta query.

    Attributes:
        people: What was told, in order.
        link: Where the next round begins.
    """

    people: list[Person]
    link: str


class LinkExpired(Exception):
    """Graph does not know the delta link any more."""


async def fetch(
    settings: GraphSettings,
    session: LiveSession,
    contract: ExportContract,
    deliveries: Deliveries,
    limit: int,
) -> Fetched:
    """Read everybody, or what changed.

    Args:
        settings: Of the live source.
        session: Asks.
        contract: The columns that are asked for.
        deliveries: Has the last delivery, and the link that it ended with.
        limit: Most bytes of that delivery.

    Raises:
        SourceError: A page is missing, or not what it should be.
    """
    asked = properties_read(contract, settings.leave_out)
    at = contract.reader.records_at
    if not settings.delta:
        people = await _everybody(settings, session, asked)
        return Fetched(delivery_of(people.values(), at), "json")
    known, link = _last(deliveries, asked, at, limit)
    warnings: tuple[str, ...] = ()
    changed = await _changes(settings, session, link) if link else None
    if changed is None:
        if link:
            warnings = ("Graph no longer knew the link to what changed: everybody was read anew",)
        changed = await _first_round(settings, session, asked)
        gone = {key: person for key, person in known.items() if REMOVED in person}
        people = laid_over(gone, changed.people)
        warnings += _missing(known, people)
    else:
        people = laid_over(known, changed.people)
    state = {"link": changed.link, "asked": list(asked)}
    return Fetched(delivery_of(people.values(), at), "json", warnings, state)


def one_person(settings: GraphSettings) -> Question:
    """The request for one user's id."""
    return Question(_address(settings, USERS, ("id", "accountEnabled"), 1), "one user")


def laid_over(known: Mapping[str, Person], changes: Iterable[Person]) -> dict[str, Person]:
    """Lay changes over what was known, in their order: of several the last one counts.

    A change holds at least the properties that changed. Who is removed keeps nothing but the mark:
    the login may belong to somebody else by now. Who comes back begins anew.
    """
    people = dict(known)
    for change in changes:
        key = str(change["id"])
        if REMOVED in change:
            people[key] = {"id": key, REMOVED: change[REMOVED]}
            continue
        before = people.get(key, {})
        people[key] = {**({} if REMOVED in before else before), **_plain(change)}
    return people


def _plain(change: Person) -> Person:
    """The properties of a change without its annotations; a manager as the contract reads it."""
    person = {name: value for name, value in change.items() if "@" not in name}
    if MANAGER_CHANGED in change:
        named = change[MANAGER_CHANGED]
        present = [
            each
            for each in (named if isinstance(named, list) else [])
            if isinstance(each, dict) and REMOVED not in each and each.get("id")
        ]
        person[MANAGER] = {"id": str(present[-1]["id"])} if present else None
    return person


async def _everybody(
    settings: GraphSettings, session: LiveSession, asked: tuple[str, ...]
) -> dict[str, Person]:
    """The plain list to its end, by id."""
    trail = Trail(session, settings.base_url)
    people: dict[str, Person] = {}
    address = _address(settings, USERS, asked, settings.page_size)
    question: Question | None = Question(address, "users, page 1")
    number = 1
    while question is not None:
        answer = await session.ask(trail.follow(question))
        document = document_of(session, question, answer)
        for person in objects_in(session, question, document, "value"):
            if str(person["id"]) in people:
                raise session.changed_meanwhile(question, "a user is listed for the second time")
            people[str(person["id"])] = _plain(person)
        number += 1
        link = document.get(NEXT)
        question = None if link is None else Question(str(link), f"users, page {number}")
    return people


async def _changes(settings: GraphSettings, session: LiveSession, link: str) -> Round | None:
    """What changed since the last delivery; None when Graph no longer knows."""
    try:
        return await _round(settings, session, link, "changes")
    except LinkExpired:
        return None


async def _first_round(
    settings: GraphSettings, session: LiveSession, asked: tuple[str, ...]
) -> Round:
    """Everybody, and the link to what will change."""
    first = _address(settings, f"{USERS}/delta", asked, None)
    try:
        return await _round(settings, session, first, "users")
    except LinkExpired:
        question = Question(first, "users")
        raise session.changed_meanwhile(question, "the list was begun anew on the way") from None


async def _round(settings: GraphSettings, session: LiveSession, url: str, what: str) -> Round:
    """One round of delta query to its end: what changed, and the link for the next round."""
    trail = Trail(session, settings.base_url)
    changes: list[Person] = []
    number = 1
    while True:
        question = Question(url, f"{what}, page {number}", answers=LOST)
        answer = await session.ask(trail.follow(question))
        if answer.status != HTTPStatus.OK:
            raise _ended(session, question, answer)
        document = document_of(session, question, answer)
        changes += objects_in(session, question, document, "value")
        following, last = document.get(NEXT), document.get(DELTA)
        if following is None and last is None:
            raise session.not_as_expected(
                question, "the list breaks off: neither a next page nor the end of the round"
            )
        if following is None:
            trail.stay(Question(str(last), "the link for the next changes"))
            return Round(changes, str(last))
        number, url = number + 1, str(following)


def _ended(session: LiveSession, question: Question, answer: Answer) -> Exception:
    """What 410 and 400 mean of a link that was kept."""
    document = answer.document()
    error = document.get("error") if isinstance(document, dict) else None
    code = str(error.get("code", "")) if isinstance(error, dict) else ""
    expired = code.lower() in {each.lower() for each in EXPIRED}
    if expired or answer.status == HTTPStatus.GONE:
        return LinkExpired()
    return session.not_as_expected(question, f"answered {answer.status}{error_code(answer)}")


def _last(
    deliveries: Deliveries, asked: tuple[str, ...], records_at: str, limit: int
) -> tuple[dict[str, Person], str]:
    """The last roster and its link; nothing where it was asked otherwise, or is not what it was."""
    kept = deliveries.state()
    if kept is None or kept[0].get("asked") != list(asked):
        return {}, ""
    state, delivery = kept
    try:
        text = deliveries.read(delivery, limit).decode()
        people = [each for _, each in scan_records(str(delivery.path), text, records_at)]
        return {str(each["id"]): each for each in people}, str(state["link"])
    except (SourceError, ValueError, KeyError, TypeError):
        return {}, ""  # everybody is read anew


def _missing(known: Mapping[str, Person], people: Mapping[str, Person]) -> tuple[str, ...]:
    """Say that people went without a word: absence is for the contract to judge."""
    count = sum(REMOVED not in person and key not in people for key, person in known.items())
    if not count:
        return ()
    return (
        f"{count} users of the last delivery are not there any more, and Graph no longer says why: "
        "they are absent now, not removed",
    )


def _address(
    settings: GraphSettings, path: str, asked: tuple[str, ...], page_size: int | None
) -> str:
    """The first page's address.

    Delta query knows no $expand; there the manager is selected, and comes as `manager@delta`.
    """
    query: dict[str, object] = {}
    if page_size is None:
        query["$select"] = ",".join(asked)
    else:
        query["$select"] = ",".join(name for name in asked if name != MANAGER)
        if MANAGER in asked:
            query["$expand"] = f"{MANAGER}($select=id)"
        query["$top"] = page_size
    return f"{settings.base_url}{path}?{urlencode(query, safe='$,()=')}"
