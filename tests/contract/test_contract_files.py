"""A contract that is itself wrong is refused, with file, line, path and what would be right."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from data_contracts.errors import ContractFileError
from data_contracts.export_contract import FileFormat, WorkerField
from data_contracts.odcs import parse_contract
from data_contracts.odcs.cut_texts import cut_texts
from data_contracts.words import Severity, WorkerState
from tests.export_parts import ORIGIN, contract, custom, document

Change = Callable[[dict[str, Any]], None]


def broken(text: str) -> str:
    with pytest.raises(ContractFileError) as told:
        parse_contract(text, origin=ORIGIN)
    return told.value.message


def complaint(**changes: Any) -> str:
    return broken(yaml.safe_dump(document(**changes), sort_keys=False))


def with_column(**keys: Any) -> dict[str, Any]:
    """A schema with a further column `extra`."""
    schema: dict[str, Any] = document()["schema"][0]
    schema["properties"].append({"name": "extra", "logicalType": "string"} | keys)
    return schema


def with_date(text: str, **properties: Any) -> dict[str, Any]:
    options = {"format": text}
    return with_column(
        logicalType="date", logicalTypeOptions=options, customProperties=custom(**properties)
    )


def with_whole(**properties: Any) -> dict[str, Any]:
    """A schema with a further custom property."""
    schema: dict[str, Any] = document()["schema"][0]
    schema["customProperties"] += custom(**properties)
    return {"customProperties": schema["customProperties"]}


def with_status(**value: Any) -> dict[str, Any]:
    whole = {"columns": ["status"], "states": {"Active": "active"}} | value
    return {"customProperties": custom(status=whole)}


def with_rule(**rule: Any) -> dict[str, Any]:
    return {"quality": [{"id": "R1"} | rule]}


def with_call(type_: str, **kwargs: Any) -> dict[str, Any]:
    implementation = {"type": type_, "kwargs": kwargs}
    return with_rule(type="custom", engine="greatExpectations", implementation=implementation)


PROPERTIES = "schema.0.properties"
EXTRA = f"{PROPERTIES}.5"

BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "misspelt key of a column": (
        {"schema": with_column(requried=True)},
        f"{EXTRA}.requried: unknown key; did you mean `required`?",
    ),
    "misspelt key at the top": (
        {"statsu": "active"},
        "statsu: unknown key; did you mean `status`?",
    ),
    "unknown logical type": (
        {"schema": with_column(logicalType="strng")},
        f"{EXTRA}.logicalType: `strng` is not allowed; did you mean `string`?",
    ),
    "nested column": (
        {"schema": with_column(logicalType="object")},
        f"{EXTRA}.logicalType: `object` is no type of a cell",
    ),
    "delimiter in the wrong place": (
        {"server": {"delimiter": ";"}},
        "servers.0.delimiter: unknown key; it belongs into the server's `customProperties`",
    ),
    "delimiter of two characters": (
        {"server": {"customProperties": custom(delimiter="||")}},
        "servers.0.customProperties.0.value: must be one character",
    ),
    "unknown format": (
        {"server": {"format": "exel"}},
        "servers.0.format: unknown format `exel`; did you mean `excel`?",
    ),
    "a delimiter where none is": (
        {"server": {"format": "json", "customProperties": custom(delimiter=";")}},
        "servers.0: `delimiter` says nothing about a file of format `json`",
    ),
    "an encoding of a workbook": (
        {"server": {"format": "xlsx", "encoding": "utf-8"}},
        "servers.0: `encoding` says nothing about a file of format `xlsx`",
    ),
    "a sheet that cannot be": (
        {"server": {"format": "excel", "customProperties": custom(sheet=0)}},
        "servers.0.customProperties.0.value: must be a sheet's name, or its number from 1",
    ),
    "an escape that is a quote": (
        {"server": {"customProperties": custom(escape='"')}},
        "servers.0.customProperties.0.value: must be one character",
    ),
    "an unknown line end": (
        {"server": {"customProperties": custom(lineEnd="unix")}},
        "servers.0.customProperties.0.value: `unix` is not allowed",
    ),
    "XML without its records": (
        {"server": {"format": "xml"}},
        "servers.0: of XML, `recordsAt` says which elements are the records",
    ),
    "unknown encoding": (
        {"server": {"encoding": "utf8-bom"}},
        "servers.0.encoding: unknown encoding `utf8-bom`",
    ),
    "a codec that is none of text": (
        {"server": {"encoding": "hex"}},
        "servers.0.encoding: unknown encoding `hex`",
    ),
    "a server that is no file": (
        {
            "servers": [
                {
                    "server": "x",
                    "type": "postgres",
                    "host": "h",
                    "port": 1,
                    "database": "d",
                    "schema": "s",
                }
            ]
        },
        "servers: give exactly one server, of `type: local`",
    ),
    "unknown custom property": (
        {"schema": with_column(customProperties=custom(sentinel=["x"]))},
        f"{EXTRA}.customProperties.0.property: unknown property `sentinel`; "
        "did you mean `sentinels`?",
    ),
    "unknown meaning": (
        {"schema": with_column(customProperties=custom(means="mail"))},
        f"{EXTRA}: unknown meaning `mail`; did you mean `email`?",
    ),
    "a meaning twice": (
        {"schema": with_column(customProperties=custom(means="email"))},
        f"{EXTRA}: `email` already means email",
    ),
    "another worker id than the key": (
        {"schema": with_column(customProperties=custom(means="worker_id"))},
        f"{EXTRA}: `id` already means worker_id",
    ),
    "a sentinel that YAML has changed": (
        {"schema": with_column(customProperties=custom(sentinels=[0]))},
        f"{EXTRA}.customProperties.0.value.0: must be text: put `0` into quotes",
    ),
    "a column twice": (
        {"schema": with_column(name="email")},
        f"{EXTRA}: `email` already names column `email`",
    ),
    "an alias that is another column": (
        {"schema": with_column(customProperties=custom(aliases=["email"]))},
        f"{EXTRA}: `email` already names column `email`",
    ),
    "a name of ours": (
        {"schema": with_column(name="_line")},
        f"{EXTRA}.name: names that begin with _ are scimflow's",
    ),
    "a password": (
        {"schema": with_column(name="Initial password")},
        f"{EXTRA}.name: looks like a password",
    ),
    "a pattern that is none": (
        {"schema": with_column(logicalTypeOptions={"pattern": "(["})},
        f"{EXTRA}.logicalTypeOptions.pattern: `([` is no regular expression",
    ),
    "an unknown string format": (
        {"schema": with_column(logicalTypeOptions={"format": "hostname"})},
        f"{EXTRA}.logicalTypeOptions.format: `hostname` is not checked",
    ),
    "a misspelt option": (
        {"schema": with_column(logicalTypeOptions={"patern": "x"})},
        f"{EXTRA}.logicalTypeOptions.patern: unknown key; did you mean `pattern`?",
    ),
    "a date format that is none": (
        {"schema": with_column(logicalType="date", logicalTypeOptions={"format": "YYYY-MM-DD"})},
        f"{EXTRA}.logicalTypeOptions.format: the date format `YYYY-MM-DD` has `YYYY`",
    ),
    "a date with a time zone of which nobody knows what it means": (
        {"schema": with_column(logicalType="date", logicalTypeOptions={"format": "yyyy-MM-ddXXX"})},
        f"{EXTRA}: `yyyy-MM-ddXXX` has a time zone: say which day counts, by `day: local`",
    ),
    "a time zone in the middle": (
        {"schema": with_date("yyyyXXX-MM-dd", day="local")},
        f"{EXTRA}.logicalTypeOptions.format: the date format `yyyyXXX-MM-dd` has a time zone that "
        "is not at its end",
    ),
    "a time zone by its name": (
        {"schema": with_date("yyyy-MM-dd VV", day="local")},
        f"{EXTRA}.logicalTypeOptions.format: the date format `yyyy-MM-dd VV` has the zone `VV`",
    ),
    "a day in a zone that there is not": (
        {"schema": with_date("yyyy-MM-ddXXX", day="Europe/Zurrich")},
        f"{EXTRA}: `day` is `local` or a time zone (Europe/Zurich), not `Europe/Zurrich`",
    ),
    "a day of dates without a zone": (
        {"schema": with_date("yyyy-MM-dd", day="local")},
        f"{EXTRA}: `day` has nothing to decide",
    ),
    "the local day of a number": (
        {"schema": with_date("filetime", day="local")},
        f"{EXTRA}: `filetime` is written without a zone: name one in `day`",
    ),
    "days and months that can be mistaken": (
        {"schema": with_date("dd/MM/yyyy", formats=["MM/dd/yyyy"])},
        f"{EXTRA}: `03/02/1970` is one day as dd/MM/yyyy and another as MM/dd/yyyy",
    ),
    "seconds that can be mistaken for milliseconds": (
        {"schema": with_date("epoch-seconds", formats=["epoch-millis"])},
        f"{EXTRA}: `",
    ),
    "formats of a column that is no date": (
        {"schema": with_column(customProperties=custom(formats=["yyyy-MM-dd"]))},
        f"{EXTRA}: `formats` is for columns of type date or timestamp",
    ),
    "a misspelt way of naming headers": (
        {"server": {"customProperties": custom(headerNames="without-bracket")}},
        "servers.0.customProperties.0.value: `without-bracket` is not allowed; "
        "did you mean `without-brackets`?",
    ),
    "a manager by a name that no column has": (
        {"schema": with_column(customProperties=custom(means="manager", managerBy="display_name"))},
        f"{EXTRA}.customProperties.1.value: no column of the contract means display_name",
    ),
    "a manager by what nobody has": (
        {"schema": with_column(customProperties=custom(means="manager", managerBy="user_name"))},
        f"{EXTRA}.customProperties.1.value: no column of the contract means user_name",
    ),
    "a manager by something, in a column that is no manager": (
        {"schema": with_column(customProperties=custom(managerBy="email"))},
        f"{EXTRA}.customProperties.0.value: is for the column that means manager",
    ),
    "ignored rows of a column that there is not": (
        {"schema": with_whole(ignoredRows=[{"column": "idd", "pattern": "x"}])},
        "schema.0.customProperties.1.value.0.column: unknown column `idd`; did you mean `id`?",
    ),
    "ignored rows anywhere in the file": (
        {"schema": with_whole(ignoredRows=[{"column": "id", "pattern": "x", "within": 5000}])},
        "schema.0.customProperties.1.value.0.within: must be a number of rows from 1 to 10",
    ),
    "ignored rows with a misspelt key": (
        {"schema": with_whole(ignoredRows=[{"column": "id", "pattern": "x", "witin": 1}])},
        "schema.0.customProperties.1.value.0.witin: unknown key; did you mean `within`?",
    ),
    "ignored rows that look like anything": (
        {"schema": with_whole(ignoredRows=[{"column": "id"}])},
        "schema.0.customProperties.1.value.0: must be `column` with `pattern`",
    ),
    "a bit of several": (
        {"schema": with_status(bits={"status": 3}, states={"clear": "active"})},
        "schema.0.customProperties.0.value.bits.status: `3` is no single bit",
    ),
    "a bit of which only one value is known": (
        {"schema": with_status(bits={"status": 2}, states={"clear": "active"})},
        "schema.0.customProperties.0.value.states: say what both `set` and `clear` mean",
    ),
    "a bit of another column": (
        {"schema": with_status(bits={"name": 2})},
        "schema.0.customProperties.0.value.bits.name: is no column of the status",
    ),
    "a status that is no word of a bit": (
        {"schema": with_status(bits={"status": 2}, states={"514": "leaver"})},
        "schema.0.customProperties.0.value.states.514: the bit of `status` is `set` or `clear`",
    ),
    "a misspelt property of the service level": (
        {"slaProperties": [{"property": "freshnes", "value": 1, "unit": "h"}]},
        "slaProperties.0.property: unknown property `freshnes`; did you mean `freshness`?",
    ),
    "an age without a unit": (
        {"slaProperties": [{"property": "freshness", "value": 36}]},
        "slaProperties.0: `unit` must be h, d or min",
    ),
    "an age by a column that is no date": (
        {
            "slaProperties": [
                {"property": "freshness", "value": 1, "unit": "d", "element": "people.email"}
            ]
        },
        "slaProperties.0.element: `email` must be a date",
    ),
    "an age by a column that there is not": (
        {
            "slaProperties": [
                {"property": "freshness", "value": 1, "unit": "d", "element": "people.sinc"}
            ]
        },
        "slaProperties.0.element: unknown column `people.sinc`; did you mean `since`?",
    ),
    "a misspelt property of the whole": (
        {"customProperties": custom(unverifed="x")},
        "customProperties.0.property: unknown property `unverifed`; did you mean `unverified`?",
    ),
    "a bound that is no date": (
        {"schema": with_column(logicalType="date", logicalTypeOptions={"minimum": "1.1.2020"})},
        f"{EXTRA}.logicalTypeOptions.minimum: `1.1.2020` is no date",
    ),
    "an option that nobody checks": (
        {"schema": with_column(logicalType="integer", logicalTypeOptions={"minimum": 3})},
        f"{EXTRA}.logicalTypeOptions.minimum: is not checked for a column of type integer",
    ),
    "an enumeration that YAML has changed": (
        {"schema": with_column(enum=[{"value": True}])},
        f"{EXTRA}.enum.0: must be text: put `True` into quotes",
    ),
    "a relationship to no column": (
        {"schema": with_column(relationships=[{"to": "people.idd"}])},
        f"{EXTRA}.relationships.0.to: unknown column `idd`; did you mean `id`?",
    ),
    "a relationship to another schema": (
        {"schema": with_column(relationships=[{"to": "workers.id"}])},
        f"{EXTRA}.relationships.0.to: unknown schema `workers`",
    ),
    "an unknown severity of a relationship": (
        {
            "schema": with_column(
                relationships=[{"to": "people.id", "customProperties": custom(severity="fatal")}]
            )
        },
        f"{EXTRA}.relationships.0.severity: unknown severity `fatal`",
    ),
    "no key": (
        {
            "schema": {
                "properties": [{"name": "id", "logicalType": "string"}],
                "customProperties": [],
            }
        },
        "schema.0: which column identifies the person?",
    ),
    "a key that is no column": (
        {"schema": {"customProperties": custom(key="idd")}},
        "schema.0.customProperties.0.value: `key` names an unknown column `idd`; "
        "did you mean `id`?",
    ),
    "a key that may be left out": (
        {
            "schema": {
                "customProperties": [],
                "properties": [
                    {
                        "name": "id",
                        "logicalType": "string",
                        "primaryKey": True,
                        "customProperties": custom(optional=True),
                    }
                ],
            }
        },
        "the key `id` cannot be optional",
    ),
    "a unique person with several employments": (
        {"schema": {"customProperties": custom(oneRowPer="employment")}},
        "schema.0: `id` cannot be unique where a person has a row for each employment",
    ),
    "rows per something else": (
        {"schema": {"customProperties": custom(oneRowPer="human")}},
        "schema.0.customProperties.0.value: `human` is not allowed",
    ),
    "a share of more than all": (
        {"schema": {"customProperties": custom(maxQuarantinedFraction=10)}},
        "schema.0.customProperties.0.value: must be a share between 0 and 1",
    ),
    "a roster that is text": (
        {"schema": {"customProperties": custom(completeRoster="yes")}},
        "schema.0.customProperties.0.value: must be true or false",
    ),
    "a status column that there is not": (
        {"schema": with_status(columns=["state"])},
        "schema.0.customProperties.0.value.columns: unknown column `state`; did you mean `status`?",
    ),
    "a status of an unknown state": (
        {"schema": with_status(states={"Gone": "left"})},
        "schema.0.customProperties.0.value.states.Gone: unknown state `left`",
    ),
    "a status of too few parts": (
        {"schema": with_status(columns=["status", "name"], states={"Active": "active"})},
        "schema.0.customProperties.0.value.states.Active: must have 2 parts joined by |",
    ),
    "a default status": (
        {"schema": with_status(states={"*": "active"})},
        "schema.0.customProperties.0.value.states.*: would be a default",
    ),
    "an unknown status that only warns": (
        {"schema": with_status(unknown="warning")},
        "schema.0.customProperties.0.value.unknown: must be critical or error",
    ),
    "an unknown severity": (
        {"schema": with_rule(metric="rowCount", mustBeGreaterThan=1, severity="fatal")},
        "schema.0.quality.0.severity: unknown severity `fatal`; known here: critical, error, info",
    ),
    "an unknown engine": (
        {"schema": with_rule(type="custom", engine="grateExpectations", implementation={})},
        "schema.0.quality.0.engine: unknown engine `grateExpectations`; "
        "did you mean `greatExpectations`?",
    ),
    "an unknown expectation": (
        {"schema": with_call("expect_column_values_to_be_nul", column="id")},
        "schema.0.quality.0.implementation.type: unknown expectation "
        "`expect_column_values_to_be_nul`; did you mean `expect_column_values_to_be_null`?",
    ),
    "an unknown column in a rule": (
        {"schema": with_call("expect_column_values_to_be_null", column="emial")},
        "schema.0.quality.0.implementation.kwargs.column: unknown column `emial`; "
        "did you mean `email`?",
    ),
    "an unknown argument": (
        {"schema": with_call("expect_column_values_to_be_null", column="id", mostly=0.9)},
        "schema.0.quality.0.implementation.kwargs.mostly: unknown argument",
    ),
    "a missing argument": (
        {"schema": with_call("expect_column_values_to_be_in_set", column="id")},
        "schema.0.quality.0.implementation.kwargs: `value_set` is missing",
    ),
    "values that YAML has changed": (
        {"schema": with_call("expect_column_values_to_be_in_set", column="id", value_set=[1])},
        "schema.0.quality.0.implementation.kwargs.value_set: every cell is text: put `1`",
    ),
    "too many values": (
        {
            "schema": with_call(
                "expect_column_values_to_be_in_set",
                column="id",
                value_set=[str(i) for i in range(1001)],
            )
        },
        "schema.0.quality.0.implementation.kwargs.value_set: has 1001 values",
    ),
    "an expression that is none in a rule": (
        {"schema": with_call("expect_column_values_to_match_regex", column="id", regex="(")},
        "schema.0.quality.0.implementation.kwargs.regex: `(` is no regular expression",
    ),
    "dates compared as text": (
        {
            "schema": with_call(
                "expect_column_pair_values_a_to_be_greater_than_b",
                column_A="since",
                column_B="name",
                ignore_row_if="either_value_is_missing",
            )
        },
        "schema.0.quality.0.implementation: `name` must be a date written yyyy-MM-dd",
    ),
    "a comparison that says nothing of empty cells": (
        {
            "schema": with_call(
                "expect_column_pair_values_a_to_be_greater_than_b",
                column_A="since",
                column_B="since",
            )
        },
        "schema.0.quality.0.implementation.kwargs: `ignore_row_if` is missing",
    ),
    "an expectation that follows from other keys": (
        {"schema": with_call("expect_status_to_be_known", column_list=["a", "b"], known=["x"])},
        "schema.0.quality.0.implementation.type: not named by itself: give the schema the custom",
    ),
    "a rule in SQL": (
        {"schema": with_rule(type="sql", query="SELECT 1", mustBe=1)},
        "schema.0.quality.0.type: `sql` is not checked here",
    ),
    "a rule in words": (
        {"schema": with_rule(type="text", description="must be nice")},
        "schema.0.quality.0.type: `text` is not checked here",
    ),
    "an unknown metric": (
        {"schema": with_rule(metric="rowCuont", mustBe=1)},
        "schema.0.quality.0.metric: `rowCuont` is not allowed; did you mean `rowCount`?",
    ),
    "a metric without a limit": (
        {"schema": with_rule(metric="rowCount")},
        "schema.0.quality.0: give exactly one of mustBe, mustBeBetween",
    ),
    "a metric that tolerates some": (
        {
            "schema": with_column(
                quality=[{"id": "R1", "metric": "nullValues", "mustBeLessThan": 5}]
            )
        },
        f"{EXTRA}.quality.0: only `mustBe: 0` is checked",
    ),
    "a metric of a column at the schema": (
        {"schema": with_rule(metric="nullValues", mustBe=0)},
        "schema.0.quality.0: nullValues is about a column",
    ),
    "a row count at a column": (
        {"schema": with_column(quality=[{"id": "R1", "metric": "rowCount", "mustBe": 5}])},
        f"{EXTRA}.quality.0: rowCount is about the whole export",
    ),
    "valid values of nothing": (
        {"schema": with_column(quality=[{"id": "R1", "metric": "invalidValues", "mustBe": 0}])},
        f"{EXTRA}.quality.0.arguments: give either `validValues` or `pattern`",
    ),
    "a rule without a name": (
        {"schema": {"quality": [{"metric": "rowCount", "mustBe": 5}]}},
        "schema.0.quality.0: `id` is missing",
    ),
    "two rules of one id": (
        {"schema": {"quality": [{"id": "R", "metric": "rowCount", "mustBe": 5}] * 2}},
        "schema: the rule id `R` stands 2 times",
    ),
    "a rule of our id": (
        {"schema": {"quality": [{"id": "malformed", "metric": "rowCount", "mustBe": 5}]}},
        "schema: the rule id `malformed` is scimflow's own",
    ),
    "two schemas": (
        {"schema": {}, "tags": []} | {"name": ""},
        "contract: `name` is missing",
    ),
    "an old standard": (
        {"apiVersion": "v2.2.2"},
        "apiVersion: contracts are written in version 3 of the standard",
    ),
    "no version": (
        {"version": None},
        "version: must be string, not `None`",
    ),
}


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.replace(" ", "-"))
def test_a_contract_is_refused_for(case: str) -> None:
    changes, expected = BROKEN[case]
    message = complaint(**changes)
    assert expected in message
    assert all(line.startswith(f"{ORIGIN}:") for line in message.splitlines())


def test_the_line_is_that_of_the_problem() -> None:
    text = yaml.safe_dump(document(schema=with_column(requried=True)), sort_keys=False)
    line = next(n for n, t in enumerate(text.splitlines(), 1) if "requried" in t)
    assert broken(text).startswith(f"{ORIGIN}:{line}: ")


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    schema = with_column(customProperties=custom(means="mail", pth="x"))
    schema["properties"][0]["customProperties"] = custom(alias="y")
    lines = complaint(schema=schema).splitlines()
    assert len(lines) == 3
    numbers = [int(line.split(":")[1]) for line in lines]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1", "malformed YAML"),
        ("a: 1\na: 2", ":2: the key 'a' stands twice"),
        ("a: 0000-00-00", ":1: malformed YAML: '0000-00-00' is no such value"),
        ("a: !!python/object:os.system x", "malformed YAML"),
        ("a: &x [*x]", "an alias that grows too large"),
        ("", "expected a data contract"),
        ("- 1", "expected a data contract"),
    ],
)
def test_what_is_no_contract_at_all_is_refused(text: str, words: str) -> None:
    assert words in broken(text)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("name: extra #", "name"),
        ("name: extra #1", "name"),
        ("classification: in #ternal", "classification"),
    ],
)
def test_a_name_that_yaml_cuts_off_is_refused(written: str, place: str) -> None:
    text = yaml.safe_dump(document(schema=with_column(classification="in")), sort_keys=False)
    whole = {"name": "name: extra\n", "classification": "classification: in\n"}[place]
    assert text.count(whole) == 1
    cut = text.replace(whole, f"{written}\n")
    line = next(n for n, t in enumerate(cut.splitlines(), 1) if written in t)
    assert broken(cut) == (
        f"{ORIGIN}:{line}: {EXTRA}.{place}: the text ends at ` #`, which begins a comment: "
        "put the whole text into quotes"
    )


def test_comments_behind_values_and_numbers_in_quotes_are_fine() -> None:
    text = yaml.safe_dump(document(schema=with_column(classification="x")), sort_keys=False)
    for written in ("name: extra   # because", 'name: "extra #"', "name: 'extra #1'  # why"):
        parse_contract(text.replace("name: extra\n", f"{written}\n"), origin=ORIGIN)


def test_sentences_that_yaml_cuts_off_are_found() -> None:
    text = "description: Works with # of staff\nunverified:\n- no # one\n- name: x # why\n"
    assert cut_texts(text) == [("description",), ("unverified", 0)]


def test_a_contract_says_everything_that_the_rest_needs() -> None:
    schema = with_column(
        description="Who leads\n  the person.",
        classification="internal",
        relationships=[{"to": "people.id"}],
        customProperties=custom(means="manager", aliases=["boss"], sentinels=["-"], optional=True),
    )
    schema["customProperties"] += custom(completeRoster=True, maxQuarantinedFraction=0.25)
    read = contract(
        schema=schema,
        server={"customProperties": custom(delimiter=";", skipLines=1), "encoding": "cp1252"},
        description={"purpose": "All people."},
        team={"name": "HR"},
    )
    extra = read.column("extra")
    assert (extra.description, extra.classification) == ("Who leads the person.", "internal")
    assert (extra.aliases, extra.sentinels, extra.required) == (("boss",), ("-",), False)
    assert extra.meaning is WorkerField.MANAGER
    assert read.meanings == {
        WorkerField.WORKER_ID: "id",
        WorkerField.EMAIL: "email",
        WorkerField.MANAGER: "extra",
    }
    assert (read.name, read.version, read.key, read.owner) == ("people", "1.2.3", "id", "HR")
    assert (read.complete_roster, read.max_quarantined_fraction) == (True, 0.25)
    assert read.column("since").date_format == "%Y-%m-%d"
    assert read.status is not None
    assert read.status.states == {"Active": WorkerState.ACTIVE, "Left": WorkerState.LEAVER}
    reader = read.reader
    assert (reader.format, reader.delimiter, reader.encoding) == (FileFormat.CSV, ";", "cp1252")
    assert reader.skip_lines == 1


def test_rules_follow_from_the_keys_of_the_standard() -> None:
    rules = {rule.rule_id: rule for rule in contract().rules}
    assert list(rules) == [
        "columns-present",
        "rows-present",
        "id/required",
        "id/unique",
        "email/unique",
        "since/date",
        "status-given",
        "status-known",
    ]
    assert rules["email/unique"].expectation.endswith("_ignoring_case")
    assert rules["id/unique"].expectation == "expect_column_values_to_be_unique"
    assert rules["status-known"].severity is Severity.REFUSE
    assert rules["id/unique"].severity is Severity.QUARANTINE


@pytest.mark.parametrize(
    ("word", "row", "whole"),
    [
        ("critical", Severity.REFUSE, Severity.REFUSE),
        ("error", Severity.QUARANTINE, Severity.REFUSE),
        (None, Severity.QUARANTINE, Severity.REFUSE),
        ("warning", Severity.WARN, Severity.WARN),
        ("info", Severity.WARN, Severity.WARN),
    ],
)
def test_severities_mean_what_the_documentation_says(
    word: str | None, row: Severity, whole: Severity
) -> None:
    severity = {} if word is None else {"severity": word}
    schema = with_column(quality=[{"id": "row", "metric": "nullValues", "mustBe": 0} | severity])
    schema["quality"] = [{"id": "whole", "metric": "rowCount", "mustBeGreaterThan": 9} | severity]
    rules = {rule.rule_id: rule.severity for rule in contract(schema=schema).rules}
    assert (rules["row"], rules["whole"]) == (row, whole)


def test_a_foreign_custom_property_with_its_vendor_is_left_alone() -> None:
    foreign = [{"property": "lineage", "value": 1, "vendor": "atlan"}]
    assert contract(schema=with_column(customProperties=foreign)).column("extra")


def test_keys_of_a_vocabulary_are_read_as_they_are_written() -> None:
    text = yaml.safe_dump(document(), sort_keys=False)
    text = text.replace("Active: active", "true: active\n        007: on_leave")
    status = parse_contract(text, origin=ORIGIN).status
    assert status is not None
    assert list(status.states) == ["true", "007", "Left"]
