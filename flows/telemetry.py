"""What a run tells of itself while it goes on: to nobody, unless telemetry is on.

The words are few, so that below flows nothing knows OpenTelemetry: the client is handed a function
that is told of each request, and everything else is seen from here.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

from data_contracts.errors import ConfigurationError
from data_contracts.seen_request import OnRequest
from flows.project import Project
from flows.running import Run
from flows.stages import Stages

P = ParamSpec("P")
R = TypeVar("R")

Attributes = Mapping[str, str | int]


class Telemetry(Protocol):
    """Somebody who is told of a run."""

    @property
    def on_request(self) -> OnRequest | None:
        """Told of each request to the target; None when nobody listens."""
        ...

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        """The time that something takes, as part of what it happens in."""
        ...

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Likewise of a stage, whose times are counted too."""
        ...

    def is_about(self, run: Run) -> None:
        """Know which run it is; the run learns its trace."""
        ...


class _Nobody:
    """Telemetry is off."""

    on_request = None

    def span(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        return nullcontext()

    def stage(self, name: str) -> AbstractContextManager[None]:
        return nullcontext()

    def is_about(self, run: Run) -> None: ...


NOBODY: Telemetry = _Nobody()

_telemetry: ContextVar[Telemetry] = ContextVar("telemetry", default=NOBODY)


def telemetry() -> Telemetry:
    """Who is told of the run that goes on here."""
    return _telemetry.get()


@contextmanager
def telling_of_runs(listener: Telemetry) -> Iterator[None]:
    """Let somebody be told of what happens while the context lasts."""
    token = _telemetry.set(listener)
    try:
        yield
    finally:
        _telemetry.reset(token)


@asynccontextmanager
async def observed_run(project: Project, flow: str) -> AsyncIterator[Telemetry]:
    """Tell of one run, if the settings want that.

    Args:
        project: The settings.
        flow: Name of the flow.

    Raises:
        ConfigurationError: The extra is not installed, or the collector's URL is not safe.
    """
    settings = project.settings.telemetry
    if not settings.enabled:
        yield telemetry()
        return
    try:
        from flows.open_telemetry import deliver, open_telemetry
    except ImportError as error:
        raise ConfigurationError(
            f"telemetry.enabled needs a package that is not installed ({error.name})",
            hint="pip install 'scimflow[telemetry]', or set `telemetry.enabled: false`",
        ) from None
    opened = open_telemetry(project.settings)
    try:
        with telling_of_runs(opened), opened.run(flow):
            yield opened
    finally:
        await deliver(opened, settings.deliver_within_s)


def observed(stages: Stages) -> Stages:
    """The same stages, each a span of its own."""
    return Stages(
        _spanned("extract", stages.extract),
        _spanned("validate", stages.check),
        _spanned("transform", stages.transform),
        _spanned("read-target", stages.read_target),
        _spanned("plan", stages.plan),
        _spanned("read-teams", stages.read_teams),
    )


def _spanned(name: str, stage: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    @wraps(stage)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with telemetry().stage(name):
            return await stage(*args, **kwargs)

    return call
