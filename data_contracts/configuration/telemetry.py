"""`telemetry`: what a run tells of itself to an OpenTelemetry collector; off by default."""

from typing import Annotated

from pydantic import Field, field_validator

from data_contracts.configuration.strict import Section
from data_contracts.configuration.urls import safe_url


class TelemetrySettings(Section):
    """Traces and metrics of runs, sent by OTLP over HTTP; needs the extra `telemetry`."""

    enabled: bool = False
    """Tell a collector of each run: spans of stages, batches and requests, and counters."""
    endpoint: str | None = None
    """Base URL of the collector, such as https://collector.example:4318. https, except on
    loopback. Without it the variables OTEL_EXPORTER_OTLP_* count, else http://localhost:4318."""
    service_name: Annotated[str, Field(min_length=1, max_length=100)] = "scimflow"
    """What the collector knows this by (`service.name`); OTEL_SERVICE_NAME goes before."""
    deliver_within_s: Annotated[float, Field(gt=0, le=60)] = 5
    """Longest wait, at a run's end, for the rest to be taken. What is not is lost; no run fails."""

    @field_validator("endpoint")
    @classmethod
    def _safe(cls, value: str | None) -> str | None:
        return value and safe_url(value, instead="OTEL_EXPORTER_OTLP_HEADERS").rstrip("/")
