"""`scimflow sandbox` as a user meets it: a process that says where it is and stops when told to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deployments.sandbox.cli import app
from deployments.sandbox.server import NotLoopbackError, listen, serve_in_thread

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "deployments.sandbox")


@contextmanager
def running(tmp_path: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    ready = tmp_path / "ready"
    ready.write_text("http://127.0.0.1:1/of-an-earlier-run\n")
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--ready-file", str(ready), *arguments],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_TOKEN": "hush"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(600):
            if process.poll() is not None:
                break
            if ready.exists() and "earlier" not in (url := ready.read_text().strip()):
                yield process, url
                break
            time.sleep(0.05)
        else:
            pytest.fail("the sandbox did not get ready")
    finally:
        process.kill()
        process.communicate()


def test_teams_are_served_where_they_are_asked_for(tmp_path: Path) -> None:
    for options, status in (((), 404), (("--teams",), 200)):
        with running(tmp_path, *options) as (_, base_url):
            assert httpx.get(f"{base_url}/Groups").status_code == status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_announces_itself_serves_and_stops_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    state = tmp_path / "state.json"
    options = ("--users", "5", "--token-env", "SANDBOX_TOKEN", "--state-file", str(state))
    with running(tmp_path, *options, "--fault", "slow=1:5000") as (process, base_url):
        assert httpx.get(f"{base_url}/ServiceProviderConfig").status_code == 401
        token = {"Authorization": "Bearer hush"}
        assert httpx.get(f"{base_url}/ServiceProviderConfig", headers=token).status_code == 200

        # Neither an open connection nor a request under way holds it up.
        with httpx.Client(headers=token) as http, ThreadPoolExecutor(1) as pool:
            http.get(f"{base_url}/ServiceProviderConfig")
            waiting = pool.submit(httpx.get, f"{base_url}/Users", headers=token, timeout=10)
            time.sleep(0.2)
            started = time.perf_counter()
            process.send_signal(number)
            out, err = process.communicate(timeout=10)
            assert time.perf_counter() - started < 2
            assert isinstance(waiting.exception(), httpx.TransportError)

    assert process.returncode == 0
    assert "Traceback" not in err
    assert base_url in out
    assert "5 users" in out
    assert f"base_url: {base_url}\n  auth:\n    token_env: SANDBOX_TOKEN\n" in out
    assert "slow" in out
    assert "hush" not in out
    assert state.exists()


def test_without_a_token_it_says_that_it_is_open(tmp_path: Path) -> None:
    with running(tmp_path) as (process, base_url):
        assert httpx.get(f"{base_url}/Users").status_code == 200
        process.terminate()
        out, _ = process.communicate(timeout=10)
    assert "It asks for no token" in out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--host", "0.0.0.0"], "0.0.0.0"),
        (["--host", "example.com"], "example.com"),
        (["--token-env", "NOBODY_SET_THIS"], "NOBODY_SET_THIS"),
        (["--fault", "lost-reponse=1"], "did you mean 'lost-response'"),
        (["--seed-file", "/nonexistent.json"], "/nonexistent.json"),
    ],
)
def test_wrong_usage_is_64_and_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    assert app([*arguments, "--port", "0"], result_action="return_value") == 64
    assert named in capsys.readouterr().err


def test_a_start_that_fails_leaves_no_ready_file_of_an_earlier_one(tmp_path: Path) -> None:
    ready, seed = tmp_path / "ready", tmp_path / "seed.json"
    ready.write_text("http://127.0.0.1:1/scim/v2\n")
    seed.write_text("[{}]")
    options = ["--port", "0", "--ready-file", str(ready), "--seed-file", str(seed)]
    assert app(options, result_action="return_value") == 64
    assert not ready.exists()


def test_a_taken_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with serve_in_thread() as (base_url, _):
        port = str(httpx.URL(base_url).port)
        assert app(["--port", port], result_action="return_value") == 64
    assert port in capsys.readouterr().err


def test_the_faults_are_listed_with_their_sources(capsys: pytest.CaptureFixture[str]) -> None:
    assert app(["--list-faults"], result_action="return_value") == 0
    assert "lost-response\n" in (out := capsys.readouterr().out)
    assert "Source: https://github.com/" in out


def test_only_loopback_is_listened_on() -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "sandbox.example"):
        with pytest.raises(NotLoopbackError):
            listen(host, 0)
    for host in ("127.0.0.1", "localhost"):
        with listen(host, 0) as listening:
            assert listening.getsockname()[0] == "127.0.0.1"


def test_importing_the_command_loads_no_server() -> None:
    code = (
        "import sys, deployments.sandbox.cli; "
        "print(sorted({'starlette', 'uvicorn', 'pydantic', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_answers_on_a_socket_come_without_delay() -> None:
    # Two packets without TCP_NODELAY cost 40 ms each time.
    with serve_in_thread() as (base_url, _), httpx.Client(base_url=base_url) as http:
        times = []
        for _ in range(10):
            started = time.perf_counter()
            assert http.post("/Users", json={}).status_code == 400
            times.append(time.perf_counter() - started)
    assert sorted(times)[5] < 0.03


def test_paging_by_cursor_and_bulk_with_bodies_are_options(tmp_path: Path) -> None:
    options = ("--users", "3", "--page-size", "2", "--paging", "cursor", "--bulk", "bodies")
    with running(tmp_path, *options) as (_, base_url):
        config = httpx.get(f"{base_url}/ServiceProviderConfig").json()
        assert (config["pagination"]["index"], config["bulk"]["supported"]) == (False, True)
        assert httpx.get(f"{base_url}/Users").json()["nextCursor"]
        user = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a"}
        bulk = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{"method": "POST", "path": "/Users", "bulkId": "1", "data": user}],
        }
        answer = httpx.post(f"{base_url}/Bulk", json=bulk).json()
        assert answer["Operations"][0]["response"]["userName"] == "a"
