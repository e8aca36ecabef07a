"""One scimflow.yaml with its folder: what every flow and every command starts from."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data_contracts.as_of import AsOf
from data_contracts.configuration import Configuration, SecretReference, load_configuration
from data_contracts.errors import ConfigurationError
from tasks.scim.access import TokenSource

SETTINGS_FILE = "scimflow.yaml"


@dataclass(frozen=True, slots=True)
class Project:
    """Settings, and the folder that their relative paths start from."""

    settings: Configuration
    file: Path

    @property
    def folder(self) -> Path:
        """Folder of scimflow.yaml."""
        return self.file.parent

    @property
    def runs_folder(self) -> Path:
        """Folder that holds a folder for each run."""
        return self.folder / self.settings.report.folder

    @property
    def ledger_url(self) -> str:
        """The ledger's URL, from the environment where the settings say so."""
        ledger = self.settings.ledger
        if ledger.url_env is None:
            return ledger.url
        if not os.environ.get(ledger.url_env):
            raise ConfigurationError(
                f"environment variable {ledger.url_env} (ledger.url_env) is not set",
                hint="set it to the ledger's URL, such as postgresql://user:password@host/name",
            )
        return os.environ[ledger.url_env]

    def as_of(self, text: str | None) -> AsOf:
        """The day to work for: the one given, else today in everybody's own zone."""
        if text is not None:
            return AsOf.parse(text)
        return AsOf.at(utc_now(), self.settings.lifecycle.zone)


def open_project(path: str | Path = SETTINGS_FILE) -> Project:
    """Read the settings.

    Args:
        path: scimflow.yaml, or the folder that holds it.

    Raises:
        ConfigurationError: It is missing, unreadable or wrong; says where.
    """
    file = Path(path)
    if file.is_dir():
        file = file / SETTINGS_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"{file}: there is no such file",
            hint="name one with --config, or write one with `scimflow init`",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read as UTF-8 text: {error}") from None
    settings = load_configuration(text, origin=str(file), environ=os.environ)
    return Project(settings, file.resolve())


def find_token(project: Project, environ: Mapping[str, str] | None = None) -> TokenSource:
    """Find what gives the target's access tokens; an authorization server is not asked yet.

    Raises:
        ConfigurationError: A secret that the settings name is missing or cannot be one.
    """
    from tasks.scim.authentication import token_source
    from tasks.scim.secret import SecretStore

    secrets = SecretStore(os.environ if environ is None else environ, project.folder, *BLOCKS)
    return token_source(project.settings.target, secrets)


def read_secret(project: Project, reference: SecretReference, key: str, what: str) -> str:
    """Read a secret that the settings refer to.

    Args:
        project: Settings and folder.
        reference: Where it is.
        key: The setting that says so.
        what: What the secret is, in words.

    Raises:
        ConfigurationError: There is none.
    """
    from tasks.scim.secret import SecretStore, place_of

    store = SecretStore(os.environ, project.folder, _read_block, _write_block)
    return store.read(place_of(reference, key, what))


# Only a secret in a block needs Prefect, seconds to import, in the read-only commands.


def _read_block(name: str) -> str:
    from prefect.blocks.system import Secret

    block = Secret.load(name, _sync=True)  # type: ignore[call-arg]
    return str(block.get())  # type: ignore[union-attr]


def _write_block(name: str, value: str) -> None:
    from prefect.blocks.system import Secret

    Secret(value=value).save(name, overwrite=True, _sync=True)  # type: ignore[call-arg]


BLOCKS = (_read_block, _write_block)
"""How a Prefect Secret block is read, and given another value."""


def utc_now() -> datetime:
    """The present moment, aware. Flows read the clock; nothing below them does."""
    return datetime.now(UTC)


def new_run_id(now: datetime) -> str:
    """An id that sorts by time and reads well: `20260302-091500-a1b2`."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
