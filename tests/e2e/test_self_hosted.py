"""The services of deployments/compose.yaml as processes: the same commands, variables and secrets.

What a container engine adds is left out: images, networks, volumes. Hosts, ports and paths are
this machine's.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import yaml

from examples import servers
from tasks.ledger import open_ledger
from tests.command_parts import TOKEN, company
from tests.postgresql_parts import PASSWORD, whole_postgresql
from tests.prefect_parts import ROOT, PrefectServer
from tests.two_workers import new_database
from tests.worker_parts import END_S, ended, stop, until

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deployments/compose.yaml").read_text("utf-8"))
ENTRYPOINT = ROOT / "deployments" / "entrypoint.sh"
LOOPBACK = "127.0.0.1"


@contextmanager
def service(name: str, folder: Path, here: Mapping[str, str]) -> Iterator[Path]:
    """Run a service's command with its environment, through the image's entrypoint; its log.

    Args:
        name: Of the service in compose.yaml.
        folder: For its log; where it is started.
        here: What is different on this machine, by variable.
    """
    described = COMPOSE["services"][name]
    changed = [here.get(word, word) for word in described["command"]]
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["sh", str(ENTRYPOINT), *changed],
            env={**_image(folder), **described["environment"], **_variables(here)},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield log
    finally:
        stop(process)


def _variables(here: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in here.items() if name.isupper()}


def _image(folder: Path) -> dict[str, str]:
    """What the image sets, and nothing of this process's environment."""
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "DO_NOT_TRACK": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }


def secret(folder: Path, name: str, value: str) -> str:
    path = folder / name
    path.write_text(value + "\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


@pytest.mark.timeout(600)
def test_server_workers_and_ledger_work_together_with_their_secrets_from_files(
    tmp_path: Path,
) -> None:
    (tmp_path / "prefect.toml").write_bytes((ROOT / "prefect.toml").read_bytes())
    with ExitStack() as stack:
        postgresql = stack.enter_context(whole_postgresql())
        url = sa.make_url(new_database(postgresql, "prefect"))
        ledger_url = new_database(postgresql, "ledger")
        acme = stack.enter_context(company(tmp_path))
        token = {"token_env": "SCIMFLOW_TOKEN"}
        acme.settings({"target": {"auth": token}, "ledger": {"url_env": "SCIMFLOW_LEDGER_URL"}})
        # token_env is laid over, and not in its place
        text = acme.config.read_text(encoding="utf-8").replace("WORKSPACE_TOKEN", "SCIMFLOW_TOKEN")
        acme.config.write_text(text, encoding="utf-8")
        port = servers.free_port()
        prefect = PrefectServer(f"http://{LOOPBACK}:{port}", tmp_path)
        here = {
            "0.0.0.0": LOOPBACK,
            "4200": str(port),
            "PREFECT_SERVER_DATABASE_HOST": str(url.host),
            "PREFECT_SERVER_DATABASE_PORT": str(url.port),
            "PREFECT_SERVER_DATABASE_USER": str(url.username),
            "PREFECT_SERVER_DATABASE_NAME": str(url.database),
            "PREFECT_SERVER_DATABASE_PASSWORD_FILE": secret(tmp_path, "database", PASSWORD),
            "PREFECT_SERVER_ENCRYPTION_KEY_FILE": secret(
                tmp_path, "key", "c2NpbWZsb3ctZW5jcnlwdGlvbi1rZXktb2YtdGVzdHM="
            ),
            "PREFECT_SERVER_UI_API_URL": prefect.api,
            "PREFECT_UI_URL": prefect.url,
        }
        server_log = stack.enter_context(service("server", tmp_path, here))
        until(lambda: servers.answers(f"{prefect.api}/health"), server_log)
        flows = {
            "PREFECT_API_URL": prefect.api,
            "SCIMFLOW_CONFIG": str(acme.config),
            "SCIMFLOW_TOKEN_FILE": secret(tmp_path, "token", TOKEN),
            "SCIMFLOW_LEDGER_URL_FILE": secret(tmp_path, "ledger_url", ledger_url),
        }
        with service("deploy", tmp_path, flows) as log:
            found = until(lambda: _deployment(prefect, "sync-users", "workspace-sync"), log)
        health = [
            servers.free_port() for _ in range(COMPOSE["services"]["worker"]["deploy"]["replicas"])
        ]
        for each in health:
            own = {**flows, "PREFECT_WORKER_WEBSERVER_PORT": str(each)}
            log = stack.enter_context(service("worker", tmp_path, own))
        for each in health:
            until(lambda at=each: servers.answers(f"http://{LOOPBACK}:{at}/health"), log)
        run_id = prefect.ask(f"/deployments/{found['id']}/create_flow_run")["id"]
        run = ended(prefect, run_id, log)
        assert (run["state_name"], run["state"]["message"]) == ("Completed", "3 created")
        with open_ledger(ledger_url, folder=tmp_path, read_only=True) as ledger:
            [recorded] = ledger.runs(target="workspace")
        assert recorded.prefect_run_id == run["id"]
        settings = httpx.get(f"{prefect.api}/admin/settings", timeout=30).json()["server"]
        assert settings["analytics_enabled"] is False
        assert settings["ui"]["v2_enabled"] is False
        assert "postgresql" in str(settings["database"]["driver"])
        logs = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("*.log"))
        assert TOKEN not in logs
        assert PASSWORD not in logs


def _deployment(prefect: PrefectServer, flow: str, name: str) -> Any:
    answer = httpx.get(f"{prefect.api}/deployments/name/{flow}/{name}", timeout=30)
    return answer.json() if answer.is_success else None


def entrypoint(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", str(ENTRYPOINT), *words],
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=END_S,
        check=False,
    )


def test_the_entrypoint_reads_secrets_from_files_and_does_not_hand_their_places_on(
    tmp_path: Path,
) -> None:
    value = "p4ss 'word' $HOME \"and\" more"
    file = secret(tmp_path, "a secret", value)
    said = entrypoint("env", ONE_FILE=file, OTHER="untouched")
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    assert f"ONE={value}" in lines
    assert "OTHER=untouched" in lines
    assert not [line for line in lines if line.startswith("ONE_FILE=")]


def test_the_entrypoint_starts_nothing_when_a_secret_is_missing(tmp_path: Path) -> None:
    said = entrypoint("echo", "started", ONE_FILE=str(tmp_path / "none"))
    assert said.returncode == 64
    assert "ONE_FILE names" in said.stderr
    assert "started" not in said.stdout
