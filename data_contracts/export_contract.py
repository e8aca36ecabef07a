"""A data contract of an export, as the rest of scimflow sees it (read from ODCS YAML)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from data_contracts.words import Severity, WorkerState


class WorkerField(StrEnum):
    """What a column means for provisioning; a contract gives at most one column each meaning.

    `worker_id` is the key that identifies the person in this export. `external_id` is the IdP's
    immutable id.
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


IDENTIFYING = (
    WorkerField.WORKER_ID,
    WorkerField.EMPLOYEE_NUMBER,
    WorkerField.EXTERNAL_ID,
    WorkerField.USER_NAME,
    WorkerField.EMAIL,
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
        date_format: strptime format of a date column (ISO when None and the type is date).
        sentinels: Values that mean "nothing here" (`0000-00-00`).
        classification: `pii`, `internal` ... of the ODCS.
        path: Where the value is in a nested record (`profile.email`, see `value_path`); the name
            when None.
    """

    name: str
    aliases: tuple[str, ...] = ()
    description: str = ""
    required: bool = True
    meaning: WorkerField | None = None
    logical_type: str = "string"
    date_format: str | None = None
    sentinels: tuple[str, ...] = ()
    classification: str | None = None
    path: str | None = None


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


@dataclass(frozen=True, slots=True)
class StatusVocabulary:
    """What the values of the status column (or columns) mean.

    Attributes:
        columns: The status columns; several are joined with `|` in this order.
        states: Worker state by value, exactly as exported, white space around it ignored. A value
            that is not here breaks the contract: there is no default. `*` in the place of one
            part stands for any value of that column.
    """

    columns: tuple[str, ...]
    states: dict[str, WorkerState]


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

    def column(self, name: str) -> ContractColumn:
        """The column of this name.

        Raises:
            KeyError: There is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
