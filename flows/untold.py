"""Runs of whose end Prefect's server has not been told, kept until it can be.

A run belongs into the history that admins look at, also when the server was away: `sync
--offline-history` begins without it, a server may go away while a run goes on, and a run that was
killed tells nobody. Which runs wait
stands in one small file each, beside the default ledger; the runs themselves are in the ledger and
their folders.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_contracts.errors import ScimflowError
from data_contracts.outcome import RunRecord
from flows.project import Project

FOLDER = ".scimflow/untold"
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


@dataclass(frozen=True, slots=True)
class UntoldRun:
    """A run that waits to be told.

    Attributes:
        run_id: Its id in the ledger.
        prefect_run_id: The flow run that Prefect knows of and saw no end of; None when it never
            heard of it.
        file: Where this is kept.
    """

    run_id: str
    prefect_run_id: str | None
    file: Path

    def told(self) -> None:
        """Forget it: the server knows."""
        self.file.unlink(missing_ok=True)


def keep_untold(project: Project, record: RunRecord) -> None:
    """Remember that a run is still to be told.

    Raises:
        ScimflowError: The file cannot be written.
    """
    path = project.folder / FOLDER / f"{record.run_id}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"prefect_run_id": record.prefect_run_id}, file)
    except OSError as error:
        raise ScimflowError(
            f"{path}: that run {record.run_id} is still to be told cannot be kept: "
            f"{error.strerror}",
            hint="the run itself is in the ledger: `scimflow history` tells it",
        ) from None


def untold_runs(project: Project) -> Iterator[UntoldRun]:
    """The runs that wait, oldest first."""
    for path in sorted((project.folder / FOLDER).glob("*.json")):
        try:
            known = json.loads(path.read_text(encoding="utf-8"))["prefect_run_id"]
        except (OSError, ValueError, KeyError, TypeError):
            known = None  # cut off in the middle of writing: the run is told as a new one
        yield UntoldRun(path.stem, known, path)
