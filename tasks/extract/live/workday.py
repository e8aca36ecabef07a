"""Workday: one custom report as a web service (RaaS), in one answer, JSON or XML.

JSON comes with `format=json`; without a format Workday answers in its own XML, whose references
have their ids inside. There are no pages: a report that takes longer than Workday allows fails.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from data_contracts.configuration.live import WorkdaySettings
from data_contracts.export_contract import ExportContract, FileFormat
from tasks.extract.live.fetched import Fetched
from tasks.extract.live.pages import delivery_of, document_of, objects_in
from tasks.extract.live.session import LiveSession, Question

FORMATS = (FileFormat.JSON, FileFormat.XML)
_XML_FORMATS = ("simplexml",)
"""Formats of an address that are XML too, and stay."""


async def fetch(
    settings: WorkdaySettings, session: LiveSession, contract: ExportContract
) -> Fetched:
    """Read the report.

    Args:
        settings: Of the live source.
        session: Asks.
        contract: Its format decides what is asked for.

    Raises:
        SourceError: There is no whole report.
    """
    in_json = contract.reader.format is FileFormat.JSON
    question = Question(
        _address(settings.report_url, in_json),
        "the report",
        accept="application/json" if in_json else "application/xml",
    )
    answer = await session.ask(question)
    if not in_json:
        start = answer.body[:200].lstrip().lower()
        if start.startswith((b"<!doctype", b"<html")) or not start.startswith(b"<"):
            raise session.not_as_expected(question, "answered with something that is no XML report")
        return Fetched(answer.body, "xml")
    document = document_of(session, question, answer)
    at = contract.reader.records_at
    people = objects_in(session, question, document, at or None, with_id=False)
    return Fetched(delivery_of(people, at), "json")


def _address(url: str, in_json: bool) -> str:
    """The report's address with the format that is wanted; prompts stay as they are."""
    parts = urlsplit(url)
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name != "format" or (not in_json and value in _XML_FORMATS)
    ]
    if in_json:
        kept.append(("format", "json"))
    return urlunsplit(parts._replace(query=urlencode(kept)))
