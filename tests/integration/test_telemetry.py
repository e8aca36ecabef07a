"""What a run tells a collector: in memory, and over OTLP to a collector in this process."""

import json
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from data_contracts.errors import ConfigurationError
from flows.open_telemetry import OpenTelemetry
from flows.project import open_project
from flows.telemetry import NOBODY, observed_run, telemetry, telling_of_runs
from tests.command_parts import TODAY, Company, company, person
from tests.ledger_parts import asynchronous
from tests.sync_parts import Synced, sync_once
from tests.telemetry_parts import Collector, attributes, collector


@dataclass
class Memory:
    """What one listener was told."""

    listener: OpenTelemetry
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def points(self, metric: str) -> dict[tuple[Any, ...], Any]:
        """Points by the values of their attributes, the target's left out."""
        found: dict[tuple[Any, ...], Any] = {}
        data = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data is not None else ():
            for scope in resource.scope_metrics:
                for each in scope.metrics:
                    if each.name == metric:
                        for point in each.data.data_points:
                            named = {
                                k: v for k, v in point.attributes.items() if k != "scimflow.target"
                            }
                            found[tuple(named.values())] = point
        return found


@pytest.fixture
def memory() -> Iterator[Memory]:
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(shutdown_on_exit=False), MeterProvider([reader])
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    listener = OpenTelemetry(tracers, meters, "workspace", "http://127.0.0.1:1/scim/v2")
    yield Memory(listener, exporter, reader)
    meters.shutdown()
    tracers.shutdown()


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


async def synced(acme: Company, listener: OpenTelemetry) -> Synced:
    with telling_of_runs(listener), listener.run("sync-users"):
        return await sync_once(acme.config, TODAY)


async def delivered(acme: Company) -> Synced:
    """A sync whose settings say whom to tell."""
    async with observed_run(open_project(acme.config), "sync-users"):
        return await sync_once(acme.config, TODAY)


@asynchronous
async def test_stages_batches_and_requests_are_spans_within_the_run(
    acme: Company, memory: Memory
) -> None:
    done = await synced(acme, memory.listener)
    [run] = memory.spans("sync-users")
    assert run.context is not None
    assert run.attributes is not None
    assert done.record.trace_id == f"{run.context.trace_id:032x}"
    assert run.attributes["scimflow.run_id"] == done.record.run_id
    assert run.attributes["scimflow.plan_digest"] == done.record.plan_digest
    assert run.attributes["scimflow.run.state"] == "completed"
    stages = ["extract", "validate", "transform", "read-target", "plan", "load"]
    for name in stages:
        [stage] = memory.spans(name)
        assert stage.parent is not None
        assert stage.parent.span_id == run.context.span_id
    [listing], writes = memory.spans("GET /Users"), memory.spans("POST /Users")
    assert len(writes) == 3
    for request, within in [(listing, "read-target"), *((write, "load") for write in writes)]:
        [parent] = memory.spans(within)
        assert request.parent is not None
        assert parent.context is not None
        assert request.parent.span_id == parent.context.span_id
        assert request.context is not None
        assert request.context.trace_id == run.context.trace_id
    seen = dict(writes[0].attributes or {})
    assert 0 <= seen.pop("scimflow.waited_s") < 5  # type: ignore[operator]
    assert seen == {
        "http.request.method": "POST",
        "http.response.status_code": 201,
        "url.template": "/Users",
        "server.address": "127.0.0.1",
        "server.port": 1,
        "scimflow.purpose": "write",
    }
    assert writes[0].end_time is not None
    assert writes[0].start_time is not None
    assert writes[0].end_time > writes[0].start_time


@asynchronous
async def test_no_value_and_no_identity_is_told(acme: Company, memory: Memory) -> None:
    await synced(acme, memory.listener)
    acme.export(person(1), person(2, title="Empress", email="new2@acme.example"), person(4))
    acme.sandbox.faults.add("create-202-without-id=1x")
    await synced(acme, memory.listener)
    text = "".join(span.to_json() for span in memory.exporter.get_finished_spans())
    text += str(memory.reader.get_metrics_data())
    assert memory.spans("PATCH /Users/{id}")
    assert any("look-up" in span.to_json() for span in memory.spans("GET /Users"))
    for secret in ("acme.example", "Family", "Given", "Empress", "Title", "t0ken"):
        assert secret not in text
    for account in acme.sandbox.store.users():
        assert account["id"] not in text


@asynchronous
async def test_counters_tell_what_became_of_operations_rows_and_requests(
    acme: Company, memory: Memory
) -> None:
    acme.export(person(1), person(2), person(3), person(4, email=""))
    acme.sandbox.faults.add("429-bare=1x")
    await synced(acme, memory.listener)
    assert memory.points("scimflow.operations")[("create", "applied")].value == 3
    assert memory.points("scimflow.rows")[("hr", "accepted")].value == 3
    assert memory.points("scimflow.rows")[("hr", "quarantined")].value == 1
    assert memory.points("scimflow.runs")[("sync-users", "completed_with_quarantine")].value == 1
    assert memory.points("scimflow.requests.throttled")[()].value == 1
    requests = memory.points("http.client.request.duration")
    answered = {key[-1]: point.count for key, point in requests.items() if key[0] == "POST"}
    assert sum(answered.values()) >= 3
    waits = memory.points("scimflow.request.wait.duration")[()]
    assert waits.count == sum(point.count for point in requests.values())
    assert set(memory.points("scimflow.stage.duration")) >= {("extract",), ("plan",)}


@asynchronous
async def test_a_run_that_fails_is_an_error_without_the_words(
    acme: Company, memory: Memory
) -> None:
    acme.sandbox.faults.add("broken-json=1")
    with pytest.raises(Exception, match="JSON"):
        await synced(acme, memory.listener)
    [run], [stage] = memory.spans("sync-users"), memory.spans("read-target")
    assert (run.status.status_code.name, run.status.description) == ("ERROR", "failed")
    assert stage.status.status_code.name == "ERROR"
    assert not stage.events
    assert memory.points("scimflow.runs")[("sync-users", "failed")].value == 1


def test_everything_reaches_a_collector_by_otlp(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20c0llector")
    with collector() as received:
        acme.settings({"telemetry": {"enabled": True, "endpoint": received.url}})
        done = _run(acme)
        _is_told_whole(received, done)
        assert {h["content-type"] for h in received.headers} == {"application/x-protobuf"}
        assert {h["authorization"] for h in received.headers} == {"Bearer c0llector"}
    assert telemetry() is NOBODY


def test_the_variables_of_opentelemetry_say_where_and_as_what(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.settings({"telemetry": {"enabled": True}})
    with collector() as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "people-sync")
        _is_told_whole(received, _run(acme))
    assert {r["service.name"] for r in received.resources} == {"people-sync"}


def _run(acme: Company) -> Synced:
    import asyncio

    return asyncio.run(delivered(acme))


def _is_told_whole(received: Collector, done: Synced) -> None:
    by_name = {span.name: span for span in received.spans}
    assert {"sync-users", "extract", "plan", "load", "POST /Users"} <= set(by_name)
    assert {span.trace_id.hex() for span in received.spans} == {done.record.trace_id}
    assert attributes(by_name["POST /Users"])["url.template"] == "/Users"
    assert {"scimflow.operations", "scimflow.rows", "scimflow.runs"} <= set(received.metrics)
    [point] = received.metrics["scimflow.operations"].sum.data_points
    assert (point.as_int, attributes(point)["scimflow.operation.kind"]) == (3, "create")


@pytest.mark.parametrize("status", [None, 500, 401])
def test_a_collector_that_is_away_or_refuses_fails_no_run_and_is_told_of_once(
    acme: Company, status: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    with collector(status or 200) as received:
        url = received.url if status else "http://127.0.0.1:9"
        where = {"enabled": True, "endpoint": url, "deliver_within_s": 2}
        acme.settings({"telemetry": where})
        with caplog.at_level(logging.WARNING):
            done = _run(acme)
    assert done.record.message == "3 created"
    told = [record.getMessage() for record in caplog.records if "telemetry" in record.name]
    assert sorted(told) == [
        "telemetry: the collector did not take the run's metrics",
        "telemetry: the collector did not take the run's traces",
    ]


@pytest.mark.parametrize(
    "endpoint",
    ["http://collector.example:4318", "https://user:word@collector.example", "collector:4318"],
)
def test_an_unsafe_collector_is_refused_wherever_it_is_named(
    acme: Company, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.settings({"telemetry": {"enabled": True, "endpoint": endpoint}})
    with pytest.raises(ConfigurationError, match=r"telemetry\.endpoint") as caught:
        _run(acme)
    assert "word@" not in str(caught.value)
    acme.settings({"telemetry": {"enabled": True}})
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint)
    with pytest.raises(ConfigurationError, match="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") as caught:
        _run(acme)
    assert "word@" not in str(caught.value)
    assert not (acme.folder / ".scimflow").exists(), "no run has begun"


def test_without_the_extra_the_error_says_what_to_install(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.settings({"telemetry": {"enabled": True}})
    monkeypatch.delitem(sys.modules, "flows.open_telemetry", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.metric_exporter", None)
    with pytest.raises(ConfigurationError, match=r"telemetry\.enabled needs a package") as caught:
        _run(acme)
    assert "pip install 'scimflow[telemetry]'" in (caught.value.hint or "")


def test_the_run_s_file_names_its_trace_only_where_there_is_one(acme: Company) -> None:
    plain = acme.sync()
    assert "trace_id" not in _document(acme, plain.run_id)["run"]
    with collector() as received:
        acme.settings({"telemetry": {"enabled": True, "endpoint": received.url}})
        done = _run(acme)
    told = _document(acme, done.record.run_id)["run"]["trace_id"]
    assert {span.trace_id.hex() for span in received.spans} == {told}


def _document(acme: Company, run_id: str) -> Any:
    return json.loads((acme.folder / "runs" / run_id / "run.json").read_text(encoding="utf-8"))
