"""The state file: what the sandbox knows, so that it survives a restart.

Written next to itself and renamed, so a reader or a kill in between never meets half a file. It is
not flushed to the disk: it must survive a killed process, not a power cut.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

FORMAT = 1
_WRITING_SHARE = 0.1  # of the time at most goes into writing when the state is large
_ALWAYS_AT_ONCE_S = 0.02  # a state written this fast is written after each change


class SandboxFileError(ValueError):
    """A state or seed file that cannot be used. Says which, why, and what to do."""


class StateFile:
    """Reads the state once, and writes it after changes."""

    def __init__(self, path: Path, content: Callable[[], bytes]) -> None:
        self._path = path
        self._content = content
        self._dirty = False
        self._last_end = float("-inf")
        self._last_took = 0.0
        self.throttled = False
        """Whether a slow write may wait for its turn: only while somebody calls `save_if_due`."""

    def note_change(self) -> None:
        """Write the change, at once when that is quick, or when it is due."""
        self._dirty = True
        if not self.throttled or self._last_took < _ALWAYS_AT_ONCE_S:
            self.save()
        else:
            self.save_if_due()

    def save_if_due(self) -> None:
        """Write waiting changes, unless writing took too much of the time since the last one."""
        waited = time.monotonic() - self._last_end
        if waited >= self._last_took / _WRITING_SHARE:
            self.save()

    def save(self) -> None:
        """Write waiting changes now."""
        if not self._dirty:
            return
        started = time.monotonic()
        self._dirty = False
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(self._content())
        temporary.replace(self._path)
        self._last_end = time.monotonic()
        self._last_took = self._last_end - started


def state_content(users: bytes, groups: bytes) -> bytes:
    """The state file's content from both arrays."""
    return b'{"format":%d,"users":%s,\n"groups":%s}\n' % (FORMAT, users, groups)


def read_state(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]] | None:
    """Users and groups of a state file; None when there is no such file.

    Raises:
        SandboxFileError: the file is there and cannot be used.
    """
    content = _read_json(path, "state", missing_is_fine=True)
    if content is None:
        return None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise SandboxFileError(
            f"{path}: this is no state file of the sandbox (format {FORMAT} expected); "
            "name another file, or move this one away to start empty"
        )
    return _resources(content, "users", path), _resources(content, "groups", path)


def read_seed(path: Path) -> list[dict[str, Any]]:
    """The Users of a seed file.

    Raises:
        SandboxFileError: there is no such file, or it holds no list of objects.
    """
    content = _read_json(path, "seed", missing_is_fine=False)
    if not isinstance(content, list) or not all(isinstance(user, dict) for user in content):
        raise SandboxFileError(f"{path}: a seed file is a JSON list of SCIM Users")
    return content


def _resources(content: dict[str, Any], name: str, path: Path) -> list[dict[str, Any]]:
    resources = content.get(name)
    if isinstance(resources, list) and all(
        isinstance(r, dict) and isinstance(r.get("id"), str) for r in resources
    ):
        return resources
    raise SandboxFileError(
        f"{path}: {name!r} is no list of resources with ids; "
        "restore the file, or move it away to start empty"
    )


def _read_json(path: Path, what: str, *, missing_is_fine: bool) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except FileNotFoundError:
        if missing_is_fine:
            return None
        raise SandboxFileError(f"{path}: there is no such {what} file") from None
    except OSError as error:
        raise SandboxFileError(
            f"{path}: the {what} file cannot be read: {error.strerror}; check its permissions"
        ) from None
    except orjson.JSONDecodeError as error:
        raise SandboxFileError(
            f"{path}: the {what} file is not valid JSON at line {error.lineno}, "
            f"column {error.colno}; restore it, or move it away to start empty"
        ) from None
