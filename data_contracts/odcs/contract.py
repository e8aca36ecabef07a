"""A contract as a whole: the standard's document, then what scimflow makes of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from data_contracts.errors import ConfigurationError, ContractFileError
from data_contracts.export_contract import (
    ContractColumn,
    ExportContract,
    IgnoredRows,
    WorkerField,
)
from data_contracts.odcs.columns import check_together, read_column
from data_contracts.odcs.custom import (
    Reader,
    as_flag,
    as_fraction,
    as_is,
    as_mapping,
    as_text,
    as_texts,
    one_of,
    place_of,
    read_custom,
)
from data_contracts.odcs.cut_texts import check_cut_texts
from data_contracts.odcs.extending import (
    EXTENDS,
    ContractFile,
    check_version,
    extended_name,
    lay_over,
)
from data_contracts.odcs.freshness import read_freshness
from data_contracts.odcs.ignored import read_ignored
from data_contracts.odcs.managers import manager_by_relation, read_manager_by
from data_contracts.odcs.problems import Problems, nearest
from data_contracts.odcs.reader import read_server
from data_contracts.odcs.rulebook import SCHEMA, Keys, read_rules
from data_contracts.odcs.severities import with_severities
from data_contracts.odcs.standard import check_standard
from data_contracts.odcs.unanswered import check_answered
from data_contracts.yaml_lines import parse_yaml

_OF_DOCUMENT: Mapping[str, Reader] = {EXTENDS: as_text, "unverified": as_texts}

_PROPERTIES = {
    "key": as_text,
    "status": as_mapping,
    "oneRowPer": one_of("person", "employment"),
    "completeRoster": as_flag,
    "maxQuarantinedFraction": as_fraction,
    "ignoredRows": as_is,
    "severities": as_mapping,
}


def parse_contract(
    text: str, *, origin: str, published: Mapping[str, str] | None = None
) -> ExportContract:
    """Read a data contract.

    Args:
        text: YAML in the Open Data Contract Standard 3.x.
        origin: Where it comes from, for messages (the file's path).
        published: Texts of the contracts that it may extend, by name.

    Returns:
        The contract, complete and checked; one that extends another is both in one.

    Raises:
        ContractFileError: Every problem with file, line, path and remedy, one a line.
    """
    own = _parse(text, origin)
    problems = Problems(origin, own.lines)
    check_cut_texts(text, problems)
    check_standard(own.document, problems)
    problems.stop_if_any()  # what follows relies on the standard's types
    said = read_custom(own.document, (), _OF_DOCUMENT, problems)
    problems.stop_if_any()
    document, extends = own.document, ""
    if EXTENDS in said:
        base = _base(own, said[EXTENDS], published or {}, problems)
        document, problems = lay_over(base, own)
        check_standard(document, problems)  # two sound files can make a document that is not
        problems.stop_if_any()
        extends = f"{base.document['name']} {base.document['version']}"
    _check_document(document, problems)
    problems.stop_if_any()
    contract = _read(document, origin, extends, problems)
    problems.stop_if_any()  # what is filled in wrongly is told by its own rule
    check_answered(document, problems)
    problems.stop_if_any()
    return contract


def _parse(text: str, origin: str) -> ContractFile:
    try:
        document, lines = parse_yaml(text, origin)
    except ConfigurationError as error:
        raise ContractFileError(error.message, hint=error.hint) from None
    if not isinstance(document, dict):
        problems = Problems(origin, lines)
        problems.add((), "expected a data contract (`apiVersion: v3.2.0` ...)")
        problems.stop_if_any()
    return ContractFile(origin, document, lines)


def _base(
    own: ContractFile, reference: str, published: Mapping[str, str], problems: Problems
) -> ContractFile:
    """The published contract that a file extends, when both fit together."""
    place = place_of(EXTENDS, own.document, ())
    name = extended_name(reference, place, published, problems)
    problems.stop_if_any()
    base = _parse(published[name], f"{name}.odcs.yaml")
    check_version(reference, place, str(base.document["version"]), problems)
    if not own.document.get("name"):
        problems.add((), "`name` is missing: give the contract a name of its own")
    schemas, theirs = own.document.get("schema") or [], base.document["schema"][0]["name"]
    if len(schemas) > 1:
        problems.add(("schema",), f"give one schema, called `{theirs}`")
    elif schemas and schemas[0]["name"] != theirs:
        problems.add((*SCHEMA, "name"), f"must be `{theirs}`, as in the contract that is extended")
    problems.stop_if_any()
    return base


def _check_document(document: Mapping[str, Any], problems: Problems) -> None:
    """What the standard leaves open, and reading relies on."""
    if not str(document["apiVersion"]).startswith("v3."):
        problems.add(("apiVersion",), "contracts are written in version 3 of the standard")
    if not document.get("name"):
        problems.add((), "`name` is missing")
    schemas = document.get("schema") or []
    if len(schemas) != 1 or not schemas[0].get("properties"):
        problems.add(("schema",), "give exactly one schema, with its `properties`: the columns")
    elif "relationships" in schemas[0]:
        problems.add((*SCHEMA, "relationships"), "put `relationships` at the column")


def _read(
    document: Mapping[str, Any], origin: str, extends: str, problems: Problems
) -> ExportContract:
    schema = document["schema"][0]
    custom = read_custom(schema, SCHEMA, _PROPERTIES, problems)
    columns, meanings = _read_columns(schema, problems)
    keys = _keys(schema, custom, columns, meanings, problems)
    status, rules = read_rules(schema, custom, columns, keys, problems)
    severities = custom.get("severities", {})
    place = place_of("severities", schema, SCHEMA)
    rules = with_severities(rules, severities, place, keys.key, problems)
    described = document.get("description") or {}
    whole = read_custom(document, (), _OF_DOCUMENT, problems)
    ignored: tuple[IgnoredRows, ...] = ()
    if "ignoredRows" in custom:
        place = place_of("ignoredRows", schema, SCHEMA)
        ignored = read_ignored(custom["ignoredRows"], place, columns, problems)
    return ExportContract(
        name=document["name"],
        version=document["version"],
        description=" ".join(str(described.get("purpose", "")).split()),
        reader=read_server(document.get("servers"), problems),
        columns=tuple(columns.values()),
        rules=rules,
        status=status,
        key=keys.key,
        one_row_per=keys.one_row_per,
        complete_roster=custom.get("completeRoster", False),
        max_quarantined_fraction=custom.get("maxQuarantinedFraction", 0.1),
        owner=_owner(document.get("team")),
        origin=origin,
        meanings=dict(keys.by_meaning),
        manager_by=keys.manager_by or manager_by_relation(rules, keys.by_meaning),
        ignored_rows=ignored,
        freshness=read_freshness(document.get("slaProperties"), columns, problems),
        unverified=(*whole.get("unverified", ()), *_unverified(columns.values())),
        extends=extends,
        schema_name=schema["name"],
        is_draft=document.get("status") == "draft",
    )


def _read_columns(
    schema: Mapping[str, Any], problems: Problems
) -> tuple[dict[str, ContractColumn], dict[str, tuple[WorkerField, ...]]]:
    read = [
        read_column(element, (*SCHEMA, "properties", index), problems)
        for index, element in enumerate(schema["properties"])
    ]
    check_together([column for column, _ in read], (*SCHEMA, "properties"), problems)
    columns = {column.name: column for column, _ in read}
    return columns, {column.name: means for column, means in read}


def _keys(
    schema: Mapping[str, Any],
    custom: Mapping[str, Any],
    columns: Mapping[str, ContractColumn],
    meanings: Mapping[str, tuple[WorkerField, ...]],
    problems: Problems,
) -> Keys:
    primary = tuple(e["name"] for e in schema["properties"] if e.get("primaryKey"))
    key = custom.get("key") or (primary[0] if len(primary) == 1 else "")
    one_row_per = custom.get("oneRowPer", "person")
    here = place_of("key", schema, SCHEMA)
    if not key:
        problems.add(
            SCHEMA, "which column identifies the person? Give it `primaryKey: true`, or `key`"
        )
    elif key not in columns:
        problems.add(here, f"`key` names an unknown column `{key}`{nearest(key, columns)}")
    elif not columns[key].required:
        problems.add(here, f"the key `{key}` cannot be optional")
    unique = [e["name"] for e in schema["properties"] if e.get("unique")]
    if one_row_per == "employment" and (primary == (key,) or key in unique):
        problems.add(
            SCHEMA, f"`{key}` cannot be unique where a person has a row for each employment"
        )
    by_meaning = _by_meaning(key, meanings, problems)
    manager_by = _manager_by(schema, by_meaning, problems)
    return Keys(key, primary, one_row_per, meanings, by_meaning, manager_by)


def _by_meaning(
    key: str, meanings: Mapping[str, tuple[WorkerField, ...]], problems: Problems
) -> dict[WorkerField, str]:
    """Column by meaning; the key is the worker id."""
    columns = {WorkerField.WORKER_ID: key}
    for index, (name, fields) in enumerate(meanings.items()):
        for meaning in fields:
            taken = columns.setdefault(meaning, name)
            if taken != name:
                problems.add((*SCHEMA, "properties", index), f"`{taken}` already means {meaning}")
    return columns


def _manager_by(
    schema: Mapping[str, Any], by_meaning: Mapping[WorkerField, str], problems: Problems
) -> WorkerField | None:
    """By what the one column that means the manager names somebody."""
    said = [
        read_manager_by(element, (*SCHEMA, "properties", index), by_meaning, problems)
        for index, element in enumerate(schema["properties"])
    ]
    return next((by for by in said if by is not None), None)


def _unverified(columns: Iterable[ContractColumn]) -> Iterator[str]:
    """What is not verified of single columns, each with its name."""
    return (f"`{column.name}`: {column.unverified}" for column in columns if column.unverified)


def _owner(team: Any) -> str:
    return str(team.get("name", "")) if isinstance(team, dict) else ""
