"""`scimflow sandbox` and `python -m deployments.sandbox`: the embedded target as a command.

Kept light at import, because `scimflow --help` imports it; the server comes with the first run.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter, validators

if TYPE_CHECKING:
    from deployments.sandbox.settings import SandboxSettings

USAGE_ERROR = 64  # wrong usage or configuration, as everywhere in scimflow
_ANY_TOKEN_ENV = "SCIMFLOW_TOKEN"  # named in the printed configuration of an open sandbox
_OPTIONS = {"faults": "--fault", "made_up_users": "--users", "rate_limit_per_s": "--rate-limit"}

app = App(
    name="sandbox",
    help="""Run the embedded SCIM target on this machine, for trying things out.

It behaves like Productboard as far as that is documented: members are read, created, updated and
deactivated, never deleted; a member without a role becomes a contributor; 50 requests a second.
It listens on loopback only and stops with Ctrl-C.

For example:

```
scimflow sandbox --port 8765
scimflow sandbox --users 1000 --state-file sandbox.json
scimflow sandbox --token-env SANDBOX_TOKEN --fault lost-response=0.05 --fault-seed 7
scimflow sandbox --list-faults
```
""",
    help_format="markdown",
    version_flags=[],
)


@app.default
def sandbox(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65535))] = 8765,
    token_env: str | None = None,
    users: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 0,
    seed_file: Path | None = None,
    state_file: Path | None = None,
    role_carrier: Literal["roles", "extension", "userType"] = "roles",
    filters: Literal["userName", "common", "all"] = "userName",
    rate_limit: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 50,
    latency_ms: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 0,
    page_size: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 100,
    paging: Literal["index", "cursor", "both"] = "index",
    bulk: Literal["off", "bare", "bodies"] = "off",
    teams: Annotated[bool, Parameter(negative=())] = False,
    fault: Annotated[list[str] | None, Parameter(negative=())] = None,
    fault_seed: int = 0,
    list_faults: Annotated[bool, Parameter(negative=())] = False,
    ready_file: Path | None = None,
) -> int:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        host: Loopback address to listen on; anything else is refused.
        port: Port to listen on; 0 takes a free one.
        token_env: Environment variable with the access token that requests must carry. Without
            it the sandbox is open to every request from this machine.
        users: Start with so many invented members, the same ones each time.
        seed_file: Start with the members of this file, a JSON list of SCIM Users.
        state_file: Keep the state in this file. With it, `--users` and `--seed-file` count at the
            first start only.
        role_carrier: Attribute that carries the member's role. Productboard: roles.
        filters: Filters the service understands. Productboard documents `userName eq` alone.
        rate_limit: Requests a second for one token; 0 for no limit.
        latency_ms: Milliseconds that each answer waits.
        page_size: Users on a page of a list, at most and by default.
        paging: How lists are paged: by startIndex, by cursor alone (RFC 9865), or both.
        bulk: Whether POST /Bulk works, and whether its results hold the users that were written.
        teams: Serve teams (/Groups), as with "Manage teams with SCIM" switched on.
        fault: Fault to inject, as NAME=PROBABILITY (`503=0.1`) or NAME=TIMESx
            (`lost-response=1x`), then @AFTER and :AMOUNT when wanted (`slow=1@10:1500`).
            Repeatable.
        fault_seed: Seed of the faults' dice; the same seed gives the same strikes.
        list_faults: Print all faults, with where each was met, and exit.
        ready_file: File that gets the base URL as soon as the sandbox listens.
    """
    if list_faults:
        return _print_faults()
    from pydantic import ValidationError

    from deployments.sandbox.state import SandboxFileError

    try:
        settings = _settings(
            token=_read_token(token_env),
            role_carrier=role_carrier,
            filters=filters,
            rate_limit_per_s=rate_limit,
            latency_ms=latency_ms,
            max_page_size=page_size,
            default_page_size=page_size,
            paging=paging,
            bulk=bulk != "off",
            bulk_answers_bodies=bulk == "bodies",
            teams=teams,
            made_up_users=users,
            seed_file=seed_file,
            state_file=state_file,
            faults=tuple(fault or ()),
            fault_seed=fault_seed,
        )
        return _serve(settings, host, port, token_env, ready_file)
    except ValidationError as error:
        for problem in error.errors():
            field = str(problem["loc"][0]) if problem["loc"] else "settings"
            _complain(
                f"{_OPTIONS.get(field, field)}: {problem['msg'].removeprefix('Value error, ')}"
            )
    except (SandboxFileError, ValueError) as error:
        _complain(str(error))
    except OSError as error:
        _complain(f"cannot listen on {host}:{port}: {error.strerror}; try --port 0")
    return USAGE_ERROR


def _settings(**values: object) -> "SandboxSettings":
    from deployments.sandbox.settings import SandboxSettings

    return SandboxSettings.model_validate(values)


def _serve(
    settings: "SandboxSettings",
    host: str,
    port: int,
    token_env: str | None,
    ready_file: Path | None,
) -> int:
    from deployments.sandbox.app import create_app
    from deployments.sandbox.server import base_url_of, listen, serve

    listening = listen(host, port)
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)  # one of an earlier run would be believed
    try:
        target = create_app(settings)
        base_url = base_url_of(listening)
        _say(_introduction(base_url, len(target.state.sandbox.store), token_env, settings))
        if ready_file is not None:
            _announce(ready_file, base_url)
        serve(target, listening)
    finally:
        listening.close()
    _say("The sandbox has stopped.")
    return 0


def _read_token(token_env: str | None) -> str | None:
    if token_env is None:
        return None
    token = os.environ.get(token_env, "")
    if not token:
        raise ValueError(f"--token-env: the environment variable {token_env} is not set or empty")
    return token


def _introduction(
    base_url: str, users: int, token_env: str | None, settings: "SandboxSettings"
) -> str:
    faults = ", ".join(spec.name for spec in settings.faults)
    lines = [
        f"The SCIM sandbox listens on {base_url}",
        f"It has {users:,} users. Stop it with Ctrl-C.",
        "" if token_env else "It asks for no token: any program on this machine can change it.",
        f"Faults that strike: {faults}" if faults else "",
        "To use it, put this into scimflow.yaml:",
        "",
        "target:",
        f"  base_url: {base_url}",
        "  auth:",
        f"    token_env: {token_env or _ANY_TOKEN_ENV}"
        + ("" if token_env else "  # set it to anything"),
    ]
    return "\n".join(line for number, line in enumerate(lines) if line or number == 5)


def _announce(ready_file: Path, base_url: str) -> None:
    """Write the base URL in one step: whoever waits for the file never reads half of it."""
    temporary = ready_file.with_name(f".{ready_file.name}.{os.getpid()}.tmp")
    temporary.write_text(base_url + "\n", encoding="utf-8")
    temporary.replace(ready_file)


def _print_faults() -> int:
    from deployments.sandbox.faults import FAULTS

    for fault in FAULTS.values():
        about = "\n".join("    " + line.strip() for line in fault.about.splitlines() if line)
        _say(f"{fault.name}\n{about}\n")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(text + "\n")
