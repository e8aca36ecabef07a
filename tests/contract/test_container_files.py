"""deployments/compose.yaml and Dockerfile, as their own linters and our rules see them."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deployments/compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "deployments" / "Dockerfile").read_text(encoding="utf-8")
ENDS_BY_ITSELF = {"deploy"}


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(BIN / words[0]), *words[1:]], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_the_compose_file_is_one_by_the_compose_specification() -> None:
    said = run(
        "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deployments/compose.yaml"
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_dockerfile_passes_its_linter() -> None:
    said = run("hadolint", "--no-color", "deployments/Dockerfile")
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_entrypoint_is_a_script_that_a_posix_shell_reads() -> None:
    said = subprocess.run(
        ["sh", "-n", str(ROOT / "deployments" / "entrypoint.sh")], capture_output=True, check=False
    )
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_secret_of_a_service_is_a_file_and_no_value_stands_in_the_open(name: str) -> None:
    service = SERVICES[name]
    mounted = {f"/run/secrets/{secret}" for secret in service.get("secrets", ())}
    assert {each.rpartition("/")[2] for each in mounted} <= set(COMPOSE["secrets"])
    named = set()
    for variable, value in service["environment"].items():
        if variable.endswith("_FILE"):
            named.add(value)
        else:
            assert not re.search(r"password|token|secret|key", variable, re.IGNORECASE)
            assert "://" not in value or "@" not in value
    assert named == mounted
    assert all(set(each) == {"file"} for each in COMPOSE["secrets"].values())


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ENDS_BY_ITSELF))
def test_every_service_that_stays_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_nothing_starts_before_what_it_needs_is_well() -> None:
    waits = {name: set(each.get("depends_on", ())) for name, each in SERVICES.items()}
    assert waits["server"] == {"prefect-database"}
    assert waits["worker"] == waits["deploy"] == {"server", "ledger-database"}
    for service in SERVICES.values():
        for need in service.get("depends_on", {}).values():
            assert need["condition"] == "service_healthy"


def test_what_is_kept_is_kept_in_volumes() -> None:
    mounted = [volume for each in SERVICES.values() for volume in each.get("volumes", ())]
    assert {volume.partition(":")[0] for volume in mounted if not volume.startswith("$")} == set(
        COMPOSE["volumes"]
    )


def test_only_this_host_reaches_the_server_and_nobody_outside_the_databases() -> None:
    published = [port for each in SERVICES.values() for port in each.get("ports", ())]
    assert published == ["127.0.0.1:4200:4200"]
    assert COMPOSE["networks"]["databases"]["internal"] is True
    for name in ("prefect-database", "ledger-database"):
        assert SERVICES[name]["networks"] == ["databases"]


def test_the_image_has_every_package_of_the_wheel_and_runs_as_nobody_in_particular() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    let_in = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    for package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert f"COPY {package} /source/{package}\n" in DOCKERFILE
        assert f"!{package}\n" in let_in
    assert re.search(r"^USER \d{4,}$", DOCKERFILE, re.MULTILINE)
    assert "DO_NOT_TRACK=1" in DOCKERFILE


def test_prefect_s_settings_of_the_project_keep_server_and_pages_to_themselves() -> None:
    toml = tomllib.loads((ROOT / "prefect.toml").read_text(encoding="utf-8"))["server"]
    assert toml["analytics_enabled"] is False
    assert toml["ui"] == {"v2_enabled": False, "show_promotional_content": False}
    program = (
        "from prefect.settings import get_current_settings as s; s = s().server;"
        "print(s.analytics_enabled, s.ui.v2_enabled, s.ui.show_promotional_content,"
        " s.ephemeral.startup_timeout_seconds)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": str(BIN), "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout.split() == ["False", "False", "False", "180"], said.stderr
