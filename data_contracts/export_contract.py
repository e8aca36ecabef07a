"""A data contract of an export, as the rest of scimflow sees it (read from ODCS YAML)."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from data_contracts.dates import DateReading
from data_contracts.words import Severity, WorkerState


class WorkerField(StrEnum):
    """What a column means for provisioning; a contract gives at most one column each meaning.

    `worker_id` is the key that identifies the person in this export. `external_id` is the IdP's
    immutable id. `distinguished_name` is the name of an entry in an LDAP directory. `person_id`
    stays the same when somebody gets another `worker_id`: a contractor who becomes an employee.
    `leave_end` is the last day of a leave of absence. `rehire_date` is the first day of somebody
    who came back, where the export keeps `hire_date` as it was.
    """

    WORKER_ID = "worker_id"
    EXTERNAL_ID = "external_id"
    USER_NAME = "user_name"
    EMAIL = "email"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    DISPLAY_NAME = "display_name"
    TITLE = "title"
    DEPARTMENT = "department"
    DIVISION = "division"
    ORGANIZATION = "organization"
    COST_CENTER = "cost_center"
    EMPLOYEE_NUMBER = "employee_number"
    EMPLOYEE_TYPE = "employee_type"
    MANAGER = "manager"
    LOCATION = "location"
    COUNTRY = "country"
    PHONE = "phone"
    TIME_ZONE = "time_zone"
    HIRE_DATE = "hire_date"
    LAST_DAY = "last_day"
    DISTINGUISHED_NAME = "distinguished_name"
    PERSON_ID = "person_id"
    LEAVE_END = "leave_end"
    REHIRE_DATE = "rehire_date"


MANAGER_KEYS = (
    WorkerField.WORKER_ID,
    WorkerField.EMPLOYEE_NUMBER,
    WorkerField.EXTERNAL_ID,
    WorkerField.USER_NAME,
    WorkerField.EMAIL,
    WorkerField.DISTINGUISHED_NAME,
    WorkerField.DISPLAY_NAME,
)
"""By what a manager may be named; by a name where exactly one person has it."""

IDENTIFYING = (
    WorkerField.WORKER_ID,
    WorkerField.EMPLOYEE_NUMBER,
    WorkerField.EXTERNAL_ID,
    WorkerField.USER_NAME,
    WorkerField.EMAIL,
    WorkerField.DISTINGUISHED_NAME,
    WorkerField.PERSON_ID,
)
"""Fields by which a quarantined row's person is recognised elsewhere."""


class FileFormat(StrEnum):
    """The formats that exports are read from. A TSV is a CSV with tabs."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    EXCEL = "excel"
    PARQUET = "parquet"
    LDIF = "ldif"
    XML = "xml"
    SQL = "sql"


class LineEnd(StrEnum):
    """What ends a line of a text file."""

    ANY = "any"
    LF = "lf"
    CRLF = "crlf"
    CR = "cr"


class HeaderNames(StrEnum):
    """What of a header is the column's name."""

    AS_WRITTEN = "as-written"
    WITHOUT_BRACKETS = "without-brackets"  # `Status [READ ONLY]` is `Status`
    IN_BRACKETS = "in-brackets"  # `User name [userPrincipalName] Required` is `userPrincipalName`


@dataclass(frozen=True, slots=True)
class ContractColumn:
    """One column of an export.

    Attributes:
        name: The column's name in the contract; frames carry it under this name.
        aliases: Other headers under which exports carry it.
        description: What it holds, in words.
        required: Whether a file without the column is refused.
        meaning: What it means for provisioning, if anything.
        logical_type: ODCS logical type: string, date, boolean, integer ...
        dates: How a date column is read; None for other columns, and for time stamps that are
            not checked.
        sentinels: Values that mean "nothing here" (`0000-00-00`).
        classification: `pii`, `internal` ... of the ODCS.
        path: Where the value is in a nested record (`profile.email`, see `value_path`); the name
            when None. The aliases of a column with a path are paths as well.
        unverified: What of the column nobody has seen or found documented, in words.
    """

    name: str
    aliases: tuple[str, ...] = ()
    description: str = ""
    required: bool = True
    meaning: WorkerField | None = None
    logical_type: str = "string"
    dates: DateReading | None = None
    sentinels: tuple[str, ...] = ()
    classification: str | None = None
    path: str | None = None
    unverified: str = ""

    @property
    def date_format(self) -> str | None:
        """The strptime format of a column whose dates are written in one way, without a zone."""
        if self.dates is None or len(self.dates.formats) > 1 or self.dates.formats[0].zoned:
            return None
        return self.dates.formats[0].strptime or None


@dataclass(frozen=True, slots=True)
class ContractRule:
    """One check: an expectation on columns, and what its breach leads to.

    Attributes:
        rule_id: Unique in the contract.
        expectation: Great Expectations type in snake case, ours included.
        arguments: The expectation's own arguments.
        columns: Columns that it looks at.
        severity: What a breach leads to.
        description: The rule in words an HR analyst understands; shown as the reason.
        row_level: Whether single rows break it (else the batch does).
    """

    rule_id: str
    expectation: str
    arguments: dict[str, Any]
    columns: tuple[str, ...]
    severity: Severity
    description: str
    row_level: bool = True


SET, CLEAR = "set", "clear"
"""What a bit is, in a vocabulary of statuses."""


@dataclass(frozen=True, slots=True)
class StatusVocabulary:
    """What the values of the status column (or columns) mean.

    Attributes:
        columns: The status columns; several are joined with `|` in this order.
        states: Worker state by value, exactly as exported, white space around it ignored. A value
            that is not here breaks the contract: there is no default. `*` in the place of one
            part stands for any value of that column.
        bits: Columns that are numbers of which one bit counts: its value by column. Such a part of
            the status is `set` or `clear`.
    """

    columns: tuple[str, ...]
    states: dict[str, WorkerState]
    bits: dict[str, int] = field(default_factory=dict)

    @property
    def bit_list(self) -> list[int]:
        """The bit of each column, 0 where its value counts; empty when none has a bit."""
        return [self.bits.get(name, 0) for name in self.columns] if self.bits else []


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """How a file of this export is to be read; declared, never guessed.

    Attributes:
        format: The file's format.
        delimiter: Between the cells of a CSV.
        encoding: Python codec; `utf-8-sig` reads UTF-8 with and without a byte-order mark.
        quote: The quote character.
        escape: What stands in front of a quote inside a quoted cell, besides a second quote.
        line_end: What ends the lines of a CSV; ANY takes each.
        records_at: Where the records are: keys down to the list of a JSON document ("" when the
            document is it), elements from the root of an XML document down to one record.
        skip_lines: Lines (rows of a sheet) in front of the header.
        skip_after_header: Lines (rows) between the header and the first row.
        sheet: Name of a workbook's sheet, or its number from 1; None for the only one.
        numeric_ids: Whether identifying columns of a workbook may hold numbers.
        join_values: What several values of an LDIF attribute are joined with; None: one is
            expected.
        guids: LDIF attributes whose bytes are a GUID as Active Directory stores it.
        skip_starting: Further lines in front of the header are skipped that begin like this.
        header_names: What of a header is the column's name.
    """

    format: FileFormat = FileFormat.CSV
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    quote: str = '"'
    escape: str = ""
    line_end: LineEnd = LineEnd.ANY
    records_at: str = ""
    skip_lines: int = 0
    skip_after_header: int = 0
    sheet: str | int | None = None
    numeric_ids: bool = False
    join_values: str | None = None
    guids: tuple[str, ...] = ()
    skip_starting: tuple[str, ...] = ()
    header_names: HeaderNames = HeaderNames.AS_WRITTEN


@dataclass(frozen=True, slots=True)
class IgnoredRows:
    """Rows in front of the first person that are no data: a second header, an example.

    Attributes:
        column: The column that gives them away.
        pattern: What stands in it, for Python's `re`.
        within: How many rows are looked at; a row that comes later is data.
    """

    column: str
    pattern: str
    within: int = 1


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old an export may be.

    Attributes:
        max_age: The oldest that is accepted.
        column: A date column whose newest day tells the age; the file's own time when "".
    """

    max_age: timedelta
    column: str = ""


@dataclass(frozen=True, slots=True)
class ExportContract:
    """Everything that is promised of one export.

    Attributes:
        name: Its published name.
        version: Its version.
        description: What the export is, in words.
        reader: How its files are read.
        columns: The columns, in order.
        rules: The checks, in order.
        status: The status vocabulary; None for an export without a status.
        key: Name of the column that identifies the person.
        one_row_per: `person`, or `employment` where a person may have several rows.
        complete_roster: Whether the export holds everybody, so that absence means a leaver.
        max_quarantined_fraction: More quarantined rows than this share refuse the batch.
        owner: Who answers for the export.
        origin: Where the contract was read from, for messages.
        extends: Name and version of the published contract that it extends; "" for none.
        schema_name: What the contract calls the export's rows (`people`).
        meanings: Column name by meaning.
        manager_by: By what the column that means the manager names somebody; None when the
            contract does not say.
        ignored_rows: Rows that are no data.
        freshness: How old the export may be; None when the contract does not say.
        unverified: What the contract rests on without anybody having seen it, in words.
        is_draft: Whether nobody has answered for it yet (`status: draft` in the standard): exports
            are held against it, and nothing is done on their word.
    """

    name: str
    version: str
    description: str
    reader: ReaderSettings
    columns: tuple[ContractColumn, ...]
    rules: tuple[ContractRule, ...]
    status: StatusVocabulary | None
    key: str
    one_row_per: str = "person"
    complete_roster: bool = False
    max_quarantined_fraction: float = 0.1
    owner: str = ""
    origin: str = ""
    extends: str = ""
    schema_name: str = ""
    meanings: dict[WorkerField, str] = field(default_factory=dict)
    manager_by: WorkerField | None = None
    ignored_rows: tuple[IgnoredRows, ...] = ()
    freshness: Freshness | None = None
    unverified: tuple[str, ...] = ()
    is_draft: bool = False

    def column(self, name: str) -> ContractColumn:
        """The column of this name.

        Raises:
            KeyError: There is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
