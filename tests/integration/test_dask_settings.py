"""What of `dask` is said before a row is read."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_contracts.errors import ConfigurationError
from tests.command_parts import TODAY, Company, company
from tests.sync_parts import sync_once


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    with company(tmp_path) as acme:
        yield acme


def test_without_the_extra_the_error_says_what_to_install(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.settings({"dask": {"workers": 2}})
    monkeypatch.delitem(sys.modules, "flows.dask_spread", raising=False)
    monkeypatch.setitem(sys.modules, "prefect_dask.task_runners", None)
    with pytest.raises(ConfigurationError, match="`dask` needs a package") as caught:
        asyncio.run(sync_once(acme.config, TODAY))
    assert "pip install 'scimflow[dask]'" in (caught.value.hint or "")
    assert acme.requests() == []


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("tls://scheduler.example:8786", True),
        ("tcp://127.0.0.1:8786", True),
        ("tcp://[::1]:8786", True),
        ("tcp://scheduler.example:8786", False),
        ("tls://", False),
        ("scheduler.example:8786", False),
    ],
)
def test_rows_travel_encrypted_except_on_loopback(acme: Company, address: str, taken: bool) -> None:
    acme.settings({"dask": {"scheduler": address}})
    said = acme.say("config", "show")
    assert (said.code == 0) is taken
    if not taken:
        assert "dask.scheduler" in said.text
        assert "must be tls://HOST:PORT" in said.text
