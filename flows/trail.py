"""The audit trail as a whole: the heads of its chain that runs left in their folders."""

from pathlib import Path

from data_contracts.chain import Head
from data_contracts.errors import ConfigurationError
from tasks.report.selection import HEAD_FILE


def noted_heads(runs: Path) -> list[Head]:
    """Read the heads that runs left behind.

    Args:
        runs: Folder that holds a folder for each run; need not exist.

    Raises:
        ConfigurationError: A file holds something else, or cannot be read.
    """
    heads = []
    for file in sorted(runs.glob(f"*/{HEAD_FILE}")):
        try:
            heads.append(Head.parse(file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, ConfigurationError):
            raise ConfigurationError(
                f"{file}: holds no head of the ledger's chain",
                hint="a run wrote 17@sha256:… there; find out who changed it, then put it away",
            ) from None
    return heads
