"""Google Workspace's Directory API: `users.list` of one customer, page by page.

Only the properties that the contract reads are asked for (`fields`), with `projection=full`.
Deleted users are not asked for: nothing that the contract reads tells them from the others, and
they would look employed.
"""

from typing import Any
from urllib.parse import urlencode

from data_contracts.configuration.live import GoogleSettings
from data_contracts.export_contract import ExportContract
from tasks.extract.live.columns import properties_read
from tasks.extract.live.fetched import Fetched
from tasks.extract.live.pages import Trail, delivery_of, document_of, objects_in
from tasks.extract.live.session import LiveSession, Question

PATH = "/admin/directory/v1/users"

KIND = "admin#directory#users"
"""What Google calls such a page; something else without `users` is no page with nobody on it."""


async def fetch(
    settings: GoogleSettings, session: LiveSession, contract: ExportContract
) -> Fetched:
    """Read everybody.

    Args:
        settings: Of the live source.
        session: Asks.
        contract: The columns that are asked for.

    Raises:
        SourceError: A page is missing, or not what it should be.
    """
    trail = Trail(session, settings.base_url)
    asked = properties_read(contract, settings.leave_out)
    people: dict[str, dict[str, Any]] = {}
    token, number = "", 1
    while True:
        question = page_of(settings, asked, settings.page_size, token, f"users, page {number}")
        answer = await session.ask(trail.follow(question))
        document = document_of(session, question, answer)
        if isinstance(document, dict) and document.get("kind") == KIND:
            document = {"users": [], **document}  # a page with nobody on it has no `users`
        for person in objects_in(session, question, document, "users"):
            if str(person["id"]) in people:
                raise session.changed_meanwhile(question, "a user is listed for the second time")
            people[str(person["id"])] = person
        token = str(document.get("nextPageToken") or "")
        if not token:
            return Fetched(delivery_of(people.values(), contract.reader.records_at), "json")
        number += 1


def page_of(
    settings: GoogleSettings, asked: tuple[str, ...], size: int, token: str, what: str
) -> Question:
    """The request for a page."""
    query = {
        "customer": settings.customer,
        "maxResults": size,
        "orderBy": "email",
        "projection": "full",
        "fields": f"kind,nextPageToken,users({','.join(asked)})",
    }
    if token:
        query["pageToken"] = token
    return Question(f"{settings.base_url}{PATH}?{urlencode(query)}", what)
