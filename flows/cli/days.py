"""Days that a command is asked about, as moments; and files named for what they hold."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from data_contracts.errors import ConfigurationError
from flows.project import Project
from tasks.report.row_files import ENDINGS

Output = Annotated[
    Path | None,
    Parameter(name=["--output", "-o"], help="File to write (0600): .csv, .json or .parquet."),
]


def ending_of(output: Path) -> str:
    """What a file is written as: csv, json or parquet.

    Raises:
        ConfigurationError: Its name ends otherwise.
    """
    ending = output.suffix.lower().removeprefix(".")
    if ending not in ENDINGS:
        raise ConfigurationError(
            f"{output}: is written as what its name ends with",
            hint="name a file that ends with .csv, .json or .parquet",
        )
    return ending


def moments_of(
    project: Project, first: str | None, last: str | None
) -> tuple[datetime | None, datetime | None]:
    """From the beginning of the first day to the end of the last one, in the settings' zone.

    Raises:
        ConfigurationError: One is no day, or the first is after the last.
    """
    zone = project.settings.lifecycle.zone
    since = None if first is None else _midnight(_day(first), zone)
    until = None if last is None else _midnight(_day(last) + timedelta(days=1), zone)
    if since is not None and until is not None and since >= until:
        raise ConfigurationError(f"{first} is after {last}", hint="--from comes before --to")
    return since, until


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is not a day", hint="write it as 2026-03-02") from None
