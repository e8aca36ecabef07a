"""Exports at remote places through fsspec: sftp, s3, gs, abfs. Each needs its own packages.

Credentials come from where the system keeps them (SSH keys, cloud profiles), or from an
environment variable that the settings name; never from the settings.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from typing import Any

from data_contracts.errors import ConfigurationError, SourceError, SourceUnavailable
from tasks.extract.places import Entry, changed, too_large

_NEEDS = {"sftp": "paramiko", "s3": "s3fs", "gs": "gcsfs", "abfs": "adlfs", "memory": "fsspec"}
"""By scheme, the module that reads it; the extra of scimflow is called as the scheme."""

_MODIFIED = ("mtime", "LastModified", "last_modified", "updated", "created")
"""What the file systems call the moment of the last writing."""

_CHUNK = 1 << 20


def open_remote(url: str, options_env: str | None) -> "RemotePlace":
    """Open the place of a URL.

    Args:
        url: The source's path.
        options_env: Environment variable with options as a JSON object.

    Raises:
        ConfigurationError: The scheme is not known, or the options are no JSON object.
        SourceError: The scheme's packages are not installed.
    """
    scheme = url.partition("://")[0]
    if scheme not in _NEEDS:
        raise ConfigurationError(
            f"`{scheme}://` is no place that exports are read from",
            hint=f"known are {', '.join(f'{name}://' for name in _NEEDS if name != 'memory')}",
        )
    if find_spec(_NEEDS[scheme]) is None:
        raise SourceError(
            f"reading from {scheme}:// needs the package {_NEEDS[scheme]}, which is not installed",
            hint=f"pip install 'scimflow[{scheme}]'",
        )
    return RemotePlace(url, _file_system(url, scheme, _options(options_env)))


def _options(variable: str | None) -> dict[str, Any]:
    if variable is None:
        return {}
    text = os.environ.get(variable)
    try:
        options = json.loads(text or "")
    except json.JSONDecodeError:
        options = None
    if not isinstance(options, dict):
        raise ConfigurationError(
            f"the environment variable {variable} holds no JSON object",
            hint=f"""as in: export {variable}='{{"password": "..."}}'""",
        )
    return options


def _file_system(url: str, scheme: str, options: dict[str, Any]) -> Any:
    from fsspec.core import url_to_fs

    fresh = {"skip_instance_cache": True, "use_listings_cache": False}
    with _told(url):
        if scheme == "sftp":
            from tasks.extract.sftp_place import StrictSftp

            named = StrictSftp._get_kwargs_from_urls(url)
            return StrictSftp(**{**named, **options}, **fresh)
        return url_to_fs(url, **options, **fresh)[0]


class RemotePlace:
    """A place with a file system of fsspec.

    Args:
        url: The source's path.
        files: The file system.
    """

    def __init__(self, url: str, files: Any) -> None:
        self._files = files
        self._prefix = url[: len(url) - len(_path_of(url))]

    def find(self, pattern: str) -> list[Entry]:
        """The files that match a pattern."""
        with _told(pattern):
            found = self._files.glob(self._key(pattern), detail=True)
        return [self._entry(info) for info in found.values() if info.get("type") != "directory"]

    def single(self, path: str) -> Entry | None:
        """The file of exactly this path."""
        return self._look_up(self._key(path))

    def is_folder(self, path: str) -> bool:
        """Whether a path is a folder."""
        with _told(path):
            return bool(self._files.isdir(self._key(path)))

    def folder_of(self, path: str) -> tuple[str, list[str] | None]:
        """The folder in which a path or pattern looks, and what is there; None if it is missing."""
        folder = path.rpartition("/")[0]
        if any(sign in folder for sign in "*?["):
            return folder, []
        try:
            with _told(folder):
                found = self._files.ls(self._key(folder), detail=False)
        except SourceError:
            return folder, None
        return folder, sorted(str(name).rpartition("/")[2] for name in found)

    def beside(self, entry: Entry, name: str) -> Entry | None:
        """A file in the folder of another."""
        return self._look_up(f"{entry.key.rpartition('/')[0]}/{name}")

    def read(self, entry: Entry, limit: int) -> bytes:
        """The bytes of a file, at rest; not more than a limit."""
        with _told(entry.shown):
            before = self._files.info(entry.key)
            if (before.get("size") or 0) > limit:
                raise too_large(entry.shown, limit)
            parts, size = [], 0
            with self._files.open(entry.key, "rb") as file:
                while chunk := file.read(_CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise too_large(entry.shown, limit)
                    parts.append(chunk)
            after = self._files.info(entry.key)
        if (size, _state(before)) != (after.get("size") or 0, _state(after)):
            raise changed(entry.shown)
        return b"".join(parts)

    def close(self) -> None:
        """Hang up, where there is a connection of our own."""
        if hasattr(self._files, "close"):
            self._files.close()

    def _key(self, url: str) -> str:
        return str(self._files._strip_protocol(url))

    def _look_up(self, key: str) -> Entry | None:
        with _told(key):
            try:
                info = self._files.info(key)
            except FileNotFoundError:
                return None
        return None if info.get("type") == "directory" else self._entry(info)

    def _entry(self, info: dict[str, Any]) -> Entry:
        key = str(info["name"])
        shown = f"{self._prefix}{key.removeprefix('/')}"
        return Entry(key.rpartition("/")[2], shown, key, _modified_ns(info))


def _path_of(url: str) -> str:
    """What of a URL fsspec's file system calls the file: of sftp without the host."""
    scheme, _, rest = url.partition("://")
    return rest.partition("/")[2] if scheme == "sftp" else rest


def _state(info: dict[str, Any]) -> tuple[object, object]:
    return info.get("size"), _modified_ns(info)


def _modified_ns(info: dict[str, Any]) -> int | None:
    for name in _MODIFIED:
        found = info.get(name)
        if isinstance(found, str):
            try:
                found = datetime.fromisoformat(found)
            except ValueError:
                continue
        if isinstance(found, datetime):
            return int(found.timestamp() * 1e9)
        if isinstance(found, (int, float)):
            return int(found * 1e9)
    return None


@contextmanager
def _told(shown: str) -> Iterator[None]:
    """Say in our words what the many libraries say in theirs, which may repeat credentials."""
    try:
        yield
    except SourceError:
        raise
    except FileNotFoundError:
        raise SourceError(f"{shown} does not exist", hint="check `path` of the source") from None
    except PermissionError:
        raise SourceError(
            f"{shown} may not be read by this account",
            hint="check its rights, and `options_env` of the source",
        ) from None
    except Exception as error:
        raise SourceUnavailable(f"{shown} cannot be reached ({type(error).__name__})") from None
