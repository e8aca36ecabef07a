"""Traces and metrics of runs by OpenTelemetry, for the collector that the settings name.

Attributes follow the semantic conventions for HTTP clients (opentelemetry.io/docs/specs/semconv),
but for `url.full`: a path or a filter may hold an e-mail address, so only the template is told.
The process's global providers are left alone: Prefect would add spans of its own to them.
"""

import asyncio
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from time import monotonic
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode, format_trace_id

from data_contracts.configuration import Configuration
from data_contracts.configuration.urls import safe_url
from data_contracts.errors import ConfigurationError
from data_contracts.outcome import RunRecord
from data_contracts.seen_request import SeenRequest
from data_contracts.words import RunState
from flows.running import Run
from flows.telemetry import Attributes

NAME = "scimflow"
ENDPOINTS = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)
"""OpenTelemetry's own variables; the settings' endpoint goes before them."""

WENT_WELL = frozenset({RunState.COMPLETED, RunState.COMPLETED_WITH_QUARANTINE})

_log = logging.getLogger(__name__)


class OpenTelemetry:
    """Tells OpenTelemetry of one run.

    Args:
        tracers: Makes spans.
        meters: Counts.
        target: Name of the target.
        base_url: Of the target, for the host's name.
    """

    def __init__(
        self, tracers: TracerProvider, meters: MeterProvider, target: str, base_url: str
    ) -> None:
        self._tracers, self._meters = tracers, meters
        self._tracer = tracers.get_tracer(NAME, version(NAME))
        host = urlsplit(base_url)
        self._target = {"scimflow.target": target}
        self._server: dict[str, str | int] = {
            "server.address": host.hostname or "",
            "server.port": _port(base_url),
        }
        meter = meters.get_meter(NAME, version(NAME))
        self._runs = meter.create_counter("scimflow.runs", "{run}", "Runs that ended")
        self._run_s = meter.create_histogram("scimflow.run.duration", "s", "Time of a run")
        self._stage_s = meter.create_histogram("scimflow.stage.duration", "s", "Time of a stage")
        self._rows = meter.create_counter("scimflow.rows", "{row}", "Rows read, by verdict")
        self._findings = meter.create_counter(
            "scimflow.findings", "{finding}", "What a plan tells a person to know or decide"
        )
        self._operations = meter.create_counter(
            "scimflow.operations", "{operation}", "Operations carried out, by kind and result"
        )
        self._request_s = meter.create_histogram(
            "http.client.request.duration", "s", "Time from sending a request to its answer"
        )
        self._wait_s = meter.create_histogram(
            "scimflow.request.wait.duration", "s", "Time that a request waited for its turn"
        )
        self._throttled = meter.create_counter(
            "scimflow.requests.throttled", "{request}", "Answers 429"
        )
        self._run: Run | None = None
        self._trace_id: str | None = None

    @contextmanager
    def run(self, flow: str) -> Iterator[None]:
        """The whole of a run; counted when it ends."""
        with self._tracer.start_as_current_span(
            flow, attributes=self._target, record_exception=False, set_status_on_exception=False
        ) as span:
            self._trace_id = format_trace_id(span.get_span_context().trace_id)
            try:
                yield
            finally:
                if self._run is not None:
                    record = self._run.record
                    span.set_attributes(_run_attributes(record))
                    if record.state not in WENT_WELL:
                        span.set_status(Status(StatusCode.ERROR, str(record.state)))
                    self._count(self._run)

    def is_about(self, run: Run) -> None:
        """Know which run it is; the run learns its trace."""
        self._run = run
        run.record = replace(run.record, trace_id=self._trace_id)

    @contextmanager
    def span(self, name: str, attributes: Attributes) -> Iterator[None]:
        """The time that something takes, as part of what it happens in."""
        with self._tracer.start_as_current_span(
            name,
            attributes={**self._target, **attributes},
            record_exception=False,  # its text may name people; the kind says enough
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Likewise of a stage, whose times are counted too."""
        began = monotonic()
        with self.span(name, {"scimflow.stage": name}):
            yield
        self._stage_s.record(monotonic() - began, {**self._target, "scimflow.stage": name})

    def on_request(self, seen: SeenRequest) -> None:
        """A request as a span, and in the counters."""
        attributes: dict[str, str | int] = {
            "http.request.method": seen.method,
            "url.template": seen.template,
            **self._server,
        }
        if seen.status is not None:
            attributes["http.response.status_code"] = seen.status
        failed = seen.status is None or seen.status >= 400
        if failed:
            attributes["error.type"] = seen.failure or str(seen.status)
        began_ns = _nanoseconds(seen.began_at)
        span = self._tracer.start_span(
            f"{seen.method} {seen.template}",
            kind=SpanKind.CLIENT,
            attributes={
                **attributes,
                "scimflow.purpose": seen.purpose,
                "scimflow.waited_s": round(seen.waited_s, 6),
            },
            start_time=began_ns,
        )
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(began_ns + round(seen.elapsed_s * 1e9))
        self._request_s.record(seen.elapsed_s, attributes)
        self._wait_s.record(seen.waited_s, self._target)
        if seen.status == 429:
            self._throttled.add(1, self._target)

    def shutdown(self, within_s: float) -> None:
        """Send what is left, and end."""
        until = monotonic() + within_s
        self._tracers.force_flush(round(within_s * 1000))
        # the last collection is made by the meters themselves
        self._meters.shutdown(max(0.1, until - monotonic()) * 1000)
        self._tracers.shutdown()

    def _count(self, run: Run) -> None:
        record = run.record
        ended = {
            **self._target,
            "scimflow.flow": record.flow,
            "scimflow.run.state": str(record.state),
        }
        self._runs.add(1, ended)
        if record.ended_at is not None:
            self._run_s.record((record.ended_at - record.started_at).total_seconds(), ended)
        for report in run.reports:
            source = {**self._target, "scimflow.source": report.source}
            verdicts = {"accepted": report.rows_accepted, "quarantined": len(report.quarantined)}
            for verdict, rows in verdicts.items():
                self._rows.add(rows, {**source, "scimflow.row.verdict": verdict})
        for finding in run.plan.findings if run.plan is not None else ():
            self._findings.add(
                1, {**self._target, "scimflow.finding.severity": str(finding.severity)}
            )
        if run.plan is None or run.load is None:
            return
        kinds = {o.operation_id: str(o.kind) for o in run.plan.everything_to_write}
        for outcome in run.load.outcomes:
            self._operations.add(
                1,
                {
                    **self._target,
                    "scimflow.operation.kind": kinds[outcome.operation_id],
                    "scimflow.operation.result": str(outcome.result),
                },
            )


def open_telemetry(settings: Configuration) -> OpenTelemetry:
    """Connect to the collector; nothing is sent yet.

    Raises:
        ConfigurationError: Its URL is not safe.
    """
    endpoint = settings.telemetry.endpoint
    _refuse_unsafe_endpoints(endpoint)
    # a collector that does not answer is told of once, by us, and not with every attempt
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    timeout_s = settings.telemetry.deliver_within_s
    resource = Resource.create(
        {
            "service.name": os.environ.get("OTEL_SERVICE_NAME") or settings.telemetry.service_name,
            "service.version": version(NAME),
        }
    )
    tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
    spans = OTLPSpanExporter(endpoint and f"{endpoint}/v1/traces", timeout=timeout_s)
    tracers.add_span_processor(BatchSpanProcessor(_NotedSpans(spans)))
    metrics = OTLPMetricExporter(endpoint and f"{endpoint}/v1/metrics", timeout=timeout_s)
    meters = MeterProvider(
        [PeriodicExportingMetricReader(_NotedMetrics(metrics))], resource, shutdown_on_exit=False
    )
    target = settings.target
    return OpenTelemetry(tracers, meters, target.name, target.base_url)


async def deliver(telemetry: OpenTelemetry, within_s: float) -> None:
    """Send what is left, beside the event loop; a collector that is away fails no run.

    Args:
        telemetry: Not used any more after this.
        within_s: Longest wait.
    """
    await asyncio.to_thread(telemetry.shutdown, within_s)


class _NotedSpans(SpanExporter):
    """Says once that spans could not be delivered."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._told = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS and not self._told:
            self._told = True
            _log.warning("telemetry: the collector did not take the run's traces")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


class _NotedMetrics(MetricExporter):
    """Says once that metrics could not be delivered."""

    def __init__(self, exporter: OTLPMetricExporter) -> None:
        super().__init__(exporter._preferred_temporality, exporter._preferred_aggregation)
        self._exporter = exporter
        self._told = False

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object
    ) -> MetricExportResult:
        result = self._exporter.export(metrics_data, timeout_millis)
        if result is not MetricExportResult.SUCCESS and not self._told:
            self._told = True
            _log.warning("telemetry: the collector did not take the run's metrics")
        return result

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:
        self._exporter.shutdown(timeout_millis)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _refuse_unsafe_endpoints(configured: str | None) -> None:
    """The settings' own URL was looked at when they were read; the environment's was not."""
    for name in () if configured else ENDPOINTS:
        url = os.environ.get(name)
        if not url:
            continue
        try:
            safe_url(url, instead="OTEL_EXPORTER_OTLP_HEADERS")
        except ValueError as error:
            raise ConfigurationError(f"environment variable {name}: {error}") from None


def _run_attributes(record: RunRecord) -> dict[str, str]:
    told = {
        "scimflow.run_id": record.run_id,
        "scimflow.as_of": record.as_of,
        "scimflow.run.state": str(record.state),
        "scimflow.plan_digest": record.plan_digest or "",
        "prefect.flow_run_id": record.prefect_run_id or "",
    }
    return {name: value for name, value in told.items() if value}


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6) * 1000
