"""Okta's Users API: a search for who is DEPROVISIONED, then the list of all others.

`GET /api/v1/users` leaves DEPROVISIONED people out (documented, and seen in recorded answers), so
they are searched for. In this order: who is deprovisioned between the two is in neither, and has
left; who is reactivated between the two is in both. The other way round, somebody reactivated would
be in neither, and look like a leaver. Pages follow by `Link` with rel="next" alone.
"""

from typing import Any
from urllib.parse import urlencode

import httpx

from data_contracts.configuration.live import OktaSettings
from data_contracts.export_contract import ExportContract
from tasks.extract.live.columns import members_read, properties_read
from tasks.extract.live.fetched import Fetched
from tasks.extract.live.pages import Trail, delivery_of, document_of, objects_in
from tasks.extract.live.session import LiveSession, Question

PATH = "/api/v1/users"
PROFILE = "profile"
LEFT = "DEPROVISIONED"

ABOUT = ("id", "status", "created", "activated", "statusChanged", "lastUpdated")
"""Kept beside what the contract reads. `lastLogin` is not: every sign-in would make another
delivery; nor is anything about credentials."""


async def fetch(settings: OktaSettings, session: LiveSession, contract: ExportContract) -> Fetched:
    """Read everybody.

    Args:
        settings: Of the live source.
        session: Asks.
        contract: Where it looks for people in a file.

    Raises:
        SourceError: A page is missing, or not what it should be.
    """
    search = {"search": f'status eq "{LEFT}"'}
    left = await _list(settings, session, search, "the search for DEPROVISIONED users")
    others = await _list(settings, session, {}, "the list of users")
    people = dict(left)
    both = 0
    for key, person in others.items():
        if key in left:
            both += 1
            person = _settled(left[key], person)
        people[key] = person
    warnings = []
    if both:
        warnings.append(
            f"{both} users changed while Okta was read and were in both lists: the state that was "
            "updated last counts"
        )
    kept = (_narrowed(each, contract) for each in people.values())
    data = delivery_of(kept, contract.reader.records_at)
    return Fetched(data, "json", tuple(warnings))


def first_page(settings: OktaSettings, limit: int, more: dict[str, str], what: str) -> Question:
    """The request for the first page of a list."""
    query = urlencode({"limit": limit, **more})
    return Question(f"{settings.base_url}{PATH}?{query}", what)


async def _list(
    settings: OktaSettings, session: LiveSession, more: dict[str, str], what: str
) -> dict[str, dict[str, Any]]:
    """One list to its end, by id."""
    trail = Trail(session, settings.base_url)
    found: dict[str, dict[str, Any]] = {}
    question: Question | None = first_page(settings, settings.page_size, more, f"{what}, page 1")
    number = 1
    while question is not None:
        answer = await session.ask(trail.follow(question))
        page = objects_in(session, question, document_of(session, question, answer), None)
        for person in page:
            if str(person["id"]) in found:
                raise session.changed_meanwhile(question, "a user is listed for the second time")
            found[str(person["id"])] = person
        number += 1
        links = answer.headers.get("link", "")
        if not links and len(page) >= settings.page_size:
            # Okta links every page to itself at least: without, nobody knows whether more follow
            raise session.not_as_expected(
                question, "a full page without a `Link` header, which a proxy may have taken away"
            )
        link = _next(links)
        question = None if link is None else Question(link, f"{what}, page {number}")
    return found


def _next(header: str) -> str | None:
    """The address of the next page (RFC 8288); None on the last one."""
    links = httpx.Response(200, headers={"link": header}).links if header else {}
    found = links.get("next")
    return None if found is None else found.get("url")


def _narrowed(person: dict[str, Any], contract: ExportContract) -> dict[str, Any]:
    """What of a user is kept: no more than what is read of them."""
    kept = {name: person[name] for name in (*ABOUT, *properties_read(contract)) if name in person}
    profile = person.get(PROFILE)
    if isinstance(profile, dict):
        read = members_read(contract, PROFILE)
        kept[PROFILE] = {name: value for name, value in profile.items() if name in read}
    return kept


def _settled(left: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Of a user in both lists what counts: what was updated last, in doubt who has not left.

    `lastUpdated` is ISO 8601 with milliseconds in UTC throughout, so that texts sort as moments.
    """
    then, now = str(left.get("lastUpdated") or ""), str(other.get("lastUpdated") or "")
    return left if then > now else other
