"""BambooHR: one report of everybody, `onlyCurrent=false`.

The company directory is never asked: of one tenant it held 91 of 114 people. A report of current
employees alone would leave leavers out, which is what `onlyCurrent=false` is for.
"""

import json
from urllib.parse import urlsplit

from data_contracts.configuration.live import BambooSettings
from data_contracts.export_contract import ExportContract
from tasks.extract.live.columns import properties_read
from tasks.extract.live.fetched import Fetched
from tasks.extract.live.pages import delivery_of, document_of, objects_in
from tasks.extract.live.session import LiveSession, Question

EVERYBODY = "format=JSON&onlyCurrent=false"
API = "/api"


async def fetch(
    settings: BambooSettings, session: LiveSession, contract: ExportContract
) -> Fetched:
    """Read everybody.

    Args:
        settings: Of the live source.
        session: Asks.
        contract: The columns that are asked for.

    Raises:
        SourceError: There is no whole report.
    """
    asked = settings.fields or properties_read(contract)
    question = _question(settings, asked)
    answer = await session.ask(question)
    document = document_of(session, question, answer)
    people = objects_in(session, question, document, "employees", with_id=False)
    warnings = []
    if settings.report is None:
        given = {
            str(field["id"])
            for field in document.get("fields") or ()
            if isinstance(field, dict) and "id" in field
        }
        missing = [name for name in asked if given and name not in given and name != "id"]
        if missing:
            warnings.append(
                f"BambooHR gave no column for {', '.join(missing)}: it knows none of that name, or "
                "the key's owner may not see it"
            )
    return Fetched(delivery_of(people, contract.reader.records_at), "json", tuple(warnings))


def _question(settings: BambooSettings, asked: tuple[str, ...]) -> Question:
    base = settings.base_url
    if not urlsplit(base).path:  # the older gateway's address has the company in its path
        base += API
    if settings.report is not None:
        url = f"{base}/v1/reports/{settings.report}?{EVERYBODY}"
        return Question(url, f"report {settings.report}")
    body = json.dumps({"title": "scimflow", "fields": list(asked)}).encode()
    return Question(f"{base}/v1/reports/custom?{EVERYBODY}", "a report of everybody", body)
