"""The exact text of values that a file or a database keeps as numbers, dates and the like.

Identifiers stay what they are: a whole number is written with its digits alone, and a day in the
form that the contract declares for its column.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from data_contracts.export_contract import IDENTIFYING, ExportContract, WorkerField

EXACT = 1 << 53
"""Whole numbers up to here are exact as floating point."""


class NotOneValue(ValueError):
    """Something stands where one value is expected; the message says what."""


def text_of(value: object, date_format: str | None = None) -> str | None:
    """Write a value.

    Args:
        value: What was read.
        date_format: strptime format of its column, where it has one.

    Raises:
        NotOneValue: It is a list, an object or bytes.

    >>> text_of(7.0), text_of(0.1), text_of(True), text_of(date(2024, 1, 31), "%d.%m.%Y")
    ('7', '0.1', 'true', '31.01.2024')
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)
    if isinstance(value, (date, datetime)):
        return _day(value, date_format)
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, (timedelta, UUID)):
        return str(value)
    raise NotOneValue(f"holds {_kind(value)} where one value is expected")


def _kind(value: object) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "bytes"
    return "a list" if isinstance(value, (list, tuple)) else "an object"


def _day(value: date, date_format: str | None) -> str:
    """A day as the contract writes days; with a time of day, only where the format has one."""
    if isinstance(value, datetime):
        at_midnight = value.time() == time() and value.tzinfo is None
        if date_format is not None and (at_midnight or _has_time(value, date_format)):
            return value.strftime(date_format)
        return value.date().isoformat() if at_midnight else value.isoformat()
    return value.strftime(date_format) if date_format is not None else value.isoformat()


def _has_time(value: datetime, date_format: str) -> bool:
    """Whether a format keeps all of a moment; otherwise the contract shall see the whole of it."""
    if value.tzinfo is not None:
        return False
    try:
        return datetime.strptime(value.strftime(date_format), date_format) == value  # noqa: DTZ007  # no zone on either side
    except ValueError:
        return False


def identifying_columns(contract: ExportContract) -> frozenset[str]:
    """Columns of a contract by whose values people are recognised, managers among them."""
    fields = (*IDENTIFYING, WorkerField.MANAGER)
    meant = {contract.meanings[field] for field in fields if field in contract.meanings}
    return frozenset({*meant, contract.key})


def date_formats(contract: ExportContract) -> dict[str, str | None]:
    """The format of each column in which the contract declares days."""
    return {column.name: column.date_format for column in contract.columns}
