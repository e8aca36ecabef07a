"""A Prefect server in a process of its own, as a benchmark's neighbour."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examples import servers


@contextmanager
def prefect_server(folder: Path) -> Iterator[dict[str, str]]:
    """Run Prefect's server while the context lasts.

    Args:
        folder: For its database and log.

    Yields:
        The environment of a process that reports to it.
    """
    port = servers.free_port()
    api = f"http://{servers.LOOPBACK}:{port}/api"
    settings = {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "PREFECT_LOGGING_LEVEL": "ERROR",
    }
    with servers.running(
        "Prefect's server", servers.prefect_arguments(port), settings, folder / "server.log"
    ) as server:
        server.wait_until(lambda: servers.answers(f"{api}/health"), lambda name, s: None)
        yield {**settings, "PREFECT_API_URL": api}
