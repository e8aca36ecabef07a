"""A real Prefect server for this test session, on loopback, that the commands' flows report to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from examples import servers
from tests.command_parts import Company, company
from tests.prefect_parts import PrefectServer, quiet_settings


HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            # Prefect's client leaves its connections to whoever collects garbage
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    home = tmp_path_factory.mktemp("prefect")
    port = servers.free_port()
    server = PrefectServer(f"http://{servers.LOOPBACK}:{port}", home)
    quiet = quiet_settings(home)
    with servers.running(
        "Prefect's server", servers.prefect_arguments(port), quiet, home / "server.log"
    ) as process:
        process.wait_until(lambda: servers.answers(f"{server.api}/health"), lambda name, s: None)
        with pytest.MonkeyPatch.context() as patch, server.used_here(patch):
            yield server


@pytest.fixture
def acme(tmp_path: Path, prefect: PrefectServer) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme
