"""Workday RaaS: one report, in JSON or in Workday's XML, for an integration system user."""

from base64 import b64encode
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from tests.servers.live.stand_in import StandIn

USER, PASSWORD = "ISU_scimflow@fern", "p4ss:word-of-workday"
PATH = "/ccx/service/customreport2/fern/owner/People"


@dataclass
class Workday(StandIn):
    """A tenant with one report.

    Attributes:
        json: The report as JSON.
        xml: The same as XML.
    """

    authorization: str = f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
    json: bytes = b'{"Report_Entry": []}'
    xml: bytes = b""

    def unauthorized(self) -> Response:
        return Response("<html>invalid username or password</html>", 401)

    def reply(self, request: Request, body: bytes) -> Response:
        if request.url.path != PATH or request.query_params.get("Effective") != "today":
            return Response("<html>not found</html>", 404)
        if request.query_params.get("format") == "json":
            return Response(self.json, media_type="application/json")
        return Response(self.xml, media_type="text/xml")
