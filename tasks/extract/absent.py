"""A source of which nothing is to be had: a batch without rows that says why."""

import hashlib

import pandas as pd

from data_contracts.batch import RawBatch
from data_contracts.configuration import SourceSettings
from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract
from data_contracts.frames import LINE

NOTHING = f"sha256:{hashlib.sha256(b'').hexdigest()}"


def absent_batch(
    source: str, settings: SourceSettings, contract: ExportContract, why: SourceError
) -> RawBatch:
    """Stand in for a delivery that is missing, or cannot be read.

    Its contract refuses it. It is no delivery: it is not to be recorded as one that was read.

    Args:
        source: The source's name.
        settings: Where it was looked for.
        contract: Its columns, without rows here.
        why: What was found instead.
    """
    names = [column.name for column in contract.columns]
    frame = pd.DataFrame({name: pd.Series([], dtype="str") for name in names})
    frame[LINE] = pd.Series([], dtype="int64")
    path = settings.path or source
    return RawBatch(source, path, NOTHING, tuple(names), frame, absent=why.message)
