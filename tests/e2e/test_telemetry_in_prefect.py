"""What a collector is told of a run whose stages are Prefect tasks: one trace, rightly nested."""

import pytest

from tests.command_parts import TODAY, Company
from tests.prefect_parts import PrefectServer
from tests.telemetry_parts import attributes, collector

pytestmark = pytest.mark.usefixtures("prefect")


def test_requests_are_within_stages_within_the_run(acme: Company, prefect: PrefectServer) -> None:
    with collector() as received:
        acme.settings({"telemetry": {"enabled": True, "endpoint": received.url}})
        said = acme.say("sync", "--as-of", TODAY, "--json")
    assert said.code == 0
    run = said.document["run"]
    names = {span.span_id: span.name for span in received.spans}
    parents = {(span.name, names.get(span.parent_span_id)) for span in received.spans}
    assert parents == {
        ("sync-users", None),
        *((stage, "sync-users") for stage in ("extract", "validate", "transform")),
        *((stage, "sync-users") for stage in ("read-target", "plan", "load")),
        ("GET /Users", "read-target"),
        ("POST /Users", "load"),
    }
    assert {span.trace_id.hex() for span in received.spans} == {run["trace_id"]}
    [whole] = [span for span in received.spans if span.name == "sync-users"]
    told = attributes(whole)
    assert told["prefect.flow_run_id"] == run["prefect_run_id"]
    assert told["scimflow.run.state"] == run["state"]
    assert prefect.flow_run(run["prefect_run_id"])["state_name"] == "Completed"
