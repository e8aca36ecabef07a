"""Contracts and exports for tests, small enough to read in the test itself."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from data_contracts.batch import CheckedBatch, RawBatch
from data_contracts.configuration import SourceSettings
from data_contracts.export_contract import ExportContract
from data_contracts.odcs import parse_contract
from tasks.extract.contracts import read_contract
from tasks.extract.exports import read_batch
from tasks.validate.check import check_batch

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)

ORIGIN = "people.odcs.yaml"

HEADER = "id,name,email,status,since"
GOOD = "7,Ann Lee,ann@example.com,Active,2020-01-31\n8,Bo Ek,bo@example.com,Left,2019-05-01\n"


def custom(**values: Any) -> list[dict[str, Any]]:
    return [{"property": name, "value": value} for name, value in values.items()]


def document(**changes: Any) -> dict[str, Any]:
    """A contract of five columns as plain data; `schema` keys and `server` keys can be changed."""
    server = {"server": "export", "type": "local", "path": "x.csv", "format": "csv"}
    schema: dict[str, Any] = {
        "name": "people",
        "customProperties": custom(
            status={"columns": ["status"], "states": {"Active": "active", "Left": "leaver"}}
        ),
        "properties": [
            {"name": "id", "logicalType": "string", "primaryKey": True},
            {"name": "name", "logicalType": "string"},
            {
                "name": "email",
                "logicalType": "string",
                "unique": True,
                "customProperties": custom(means="email"),
            },
            {"name": "status", "logicalType": "string"},
            {"name": "since", "logicalType": "date"},
        ],
    }
    whole: dict[str, Any] = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "urn:test:people",
        "name": "people",
        "version": "1.2.3",
    }
    server.update(changes.pop("server", {}))
    schema.update(changes.pop("schema", {}))
    return whole | {"servers": [server], "schema": [schema]} | changes


def extension(reference: str = "bamboohr-report@1", **schema: Any) -> dict[str, Any]:
    """A contract of one's own that extends a published one, as plain data."""
    whole: dict[str, Any] = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "urn:acme:hr",
        "name": "acme-hr",
        "version": "2.0.0",
        "customProperties": custom(extends=reference),
    }
    return whole | ({"schema": [{"name": "people", **schema}]} if schema else {})


def contract(**changes: Any) -> ExportContract:
    return parse_contract(yaml.safe_dump(document(**changes), sort_keys=False), origin=ORIGIN)


def columns(*names: str, **properties: dict[str, Any]) -> dict[str, Any]:
    """A schema of text columns, the first being the key, without a status."""
    return {
        "customProperties": [],
        "properties": [
            {"name": name, "logicalType": "string", "primaryKey": position == 0}
            | properties.get(name, {})
            for position, name in enumerate(names)
        ],
    }


def read(
    folder: Path, data: str | bytes, kept: ExportContract | None = None, name: str = "people.csv"
) -> RawBatch:
    """Write a file and read it as an export of source `hr`."""
    raw = data.encode() if isinstance(data, str) else data
    (folder / name).write_bytes(raw)
    settings = SourceSettings(contract="unused", path=name)
    return read_batch("hr", settings, kept or contract(), folder=folder, now=NOW)


def check(
    folder: Path, data: str | bytes, kept: ExportContract | None = None, name: str = "people.csv"
) -> CheckedBatch:
    """Read a file and hold it against its contract."""
    kept = kept or contract()
    return check_batch(read(folder, data, kept, name), kept)


def check_published(name: str, path: Path) -> CheckedBatch:
    """Hold a file against a published contract."""
    kept = read_contract(name, path.parent)
    settings = SourceSettings(contract=name, path=path.name)
    batch = read_batch("hr", settings, kept, folder=path.parent, now=NOW)
    return check_batch(batch, kept)


def cells(batch: RawBatch, column: str) -> list[str | None]:
    values = batch.frame[column].astype(object)
    return [None if value != value else value for value in values]
