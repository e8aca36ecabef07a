"""One source of the settings, whichever kind it is: a file, or a system that is asked."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from data_contracts.as_of import AsOf
from data_contracts.batch import RawBatch
from data_contracts.configuration import SourceSettings
from data_contracts.export_contract import ExportContract
from tasks.extract.exports import read_batch

Blocks = tuple[Callable[[str], str], Callable[[str, str], None]]
"""How a Prefect Secret block is read by name, and given another value."""


async def read_source(
    source: str,
    settings: SourceSettings,
    contract: ExportContract,
    *,
    folder: Path,
    now: datetime,
    as_of: AsOf | None = None,
    blocks: Blocks | None = None,
) -> RawBatch:
    """Read one source as its contract says.

    Args:
        source: The source's name.
        settings: Which file, or which system.
        contract: How it is written, and its columns.
        folder: Folder of scimflow.yaml.
        now: The present moment, aware.
        as_of: The day of the run.
        blocks: For secrets of live sources; None where Prefect is not at hand.

    Raises:
        SourceError: There is no such file, or no whole delivery is to be had.
        ConfigurationError: A secret is missing.
    """
    if settings.live is None:
        return read_batch(source, settings, contract, folder=folder, now=now, as_of=as_of)
    # who reads files needs no HTTP, and it takes a while to import
    from tasks.extract.live.source import read_live
    from tasks.scim.secret import SecretStore

    secrets = SecretStore(os.environ, folder, *(blocks or (None, None)))
    return await read_live(
        source, settings, contract, folder=folder, now=now, as_of=as_of, secrets=secrets
    )
