"""A batch held against its contract: what goes on, what is set aside and why, what is refused."""

from pathlib import Path
from typing import Any

import pytest

from data_contracts.batch import LINES_SHOWN, CheckedBatch
from data_contracts.errors import ContractFileError
from data_contracts.export_contract import ContractRule
from data_contracts.words import BatchVerdict, Severity
from tasks.validate.check import MOST_LISTED, check_batch
from tasks.validate.run_rules import run_rules
from tasks.validate.set_aside import allowed_rows
from tests.export_parts import GOOD, HEADER, cells, check, columns, contract, custom, read

PEOPLE = [f"{i},N{i},p{i}@example.com,Active,2020-01-31" for i in range(40)]


def with_rows(*rows: str) -> str:
    return "\n".join([HEADER, *PEOPLE, *rows]) + "\n"


def failing(checked: CheckedBatch) -> dict[str, int]:
    return {rule.rule_id: rule.failing for rule in checked.report.rules if rule.failing}


def test_a_clean_batch_goes_on_whole_with_states_and_lines(tmp_path: Path) -> None:
    checked = check(tmp_path, f"{HEADER}\n{GOOD}")
    assert checked.report.verdict is BatchVerdict.ACCEPTED
    assert checked.accepted["_state"].tolist() == ["active", "leaver"]
    assert checked.accepted["_line"].tolist() == [2, 3]
    assert checked.accepted["id"].tolist() == ["7", "8"]
    ids = [rule.rule_id for rule in checked.report.rules]
    assert ids == [rule.rule_id for rule in contract().rules]
    assert failing(checked) == {}


def test_the_report_says_which_contract_and_which_bytes(tmp_path: Path) -> None:
    report = check(tmp_path, f"{HEADER}\n{GOOD}").report
    assert (report.contract, report.contract_version, report.source) == ("people", "1.2.3", "hr")
    assert report.digest.startswith("sha256:")
    assert report.path == "people.csv"


def test_a_bad_row_is_set_aside_with_its_reasons_and_the_rest_goes_on(tmp_path: Path) -> None:
    checked = check(tmp_path, with_rows("99,Bad,p7@EXAMPLE.com,Active,2023-02-30"))
    report = checked.report
    assert report.verdict is BatchVerdict.ACCEPTED_WITH_QUARANTINE
    assert (report.rows_read, report.rows_accepted) == (41, 39)
    first, second = report.quarantined
    assert (first.line, first.worker_key, first.rule_ids) == (9, "7", ("email/unique",))
    assert (second.line, second.worker_key) == (42, "99")
    assert second.rule_ids == ("email/unique", "since/date")
    assert second.identities == ("p7@EXAMPLE.com",)
    assert "`since` must be a day that exists, written yyyy-MM-dd" in second.reasons[1]
    assert "2023" not in " ".join(second.reasons)
    assert len(checked.accepted) == 39
    assert checked.accepted.index.tolist() == list(range(39))


def test_reasons_carry_no_values(tmp_path: Path) -> None:
    report = check(tmp_path, with_rows("99,Secretperson,p7@example.com,Active,x")).report
    told = [*report.warnings, *report.refusals]
    told += [reason for row in report.quarantined for reason in row.reasons]
    told += [rule.description for rule in report.rules]
    assert "Secretperson" not in str(told)
    assert "p7@" not in str(told)


def test_every_copy_of_a_doubled_key_is_set_aside_and_the_keys_are_named(tmp_path: Path) -> None:
    checked = check(tmp_path, with_rows("3,Twin,twin@example.com,Active,2020-01-31"))
    assert [row.line for row in checked.report.quarantined] == [5, 42]
    assert checked.report.warnings == ("1 value of `id` stands in several rows (3)",)
    assert "3" not in checked.accepted["id"].tolist()


def test_malformed_rows_are_set_aside_as_such(tmp_path: Path) -> None:
    checked = check(tmp_path, with_rows("too,short"))
    (row,) = checked.report.quarantined
    assert (row.line, row.rule_ids, row.worker_key) == (42, ("malformed",), None)
    assert row.reasons == ("expected 5 fields, got 2",)
    assert checked.report.rows_read == 41


def test_an_unknown_status_refuses_the_batch_and_is_named(tmp_path: Path) -> None:
    rows = ["97,A,a@x.ch,Sabbatical,", "98,B,b@x.ch,Sabbatical,", "99,C,c@x.ch,active,"]
    report = check(tmp_path, with_rows(*rows)).report
    assert report.verdict is BatchVerdict.REFUSED
    (refusal,) = report.refusals
    assert "3 rows break `status-known` (first on line 42)" in refusal
    assert "unknown: 'Sabbatical' (2), 'active' (1)" in refusal
    assert [row.line for row in report.quarantined] == [42, 43, 44]
    assert report.rows_accepted == 0


def test_a_contract_may_set_rows_of_unknown_status_aside(tmp_path: Path) -> None:
    status = {"columns": ["status"], "states": {"Active": "active"}, "unknown": "error"}
    kept = contract(schema={"customProperties": custom(status=status)})
    checked = check(tmp_path, with_rows("99,C,c@x.ch,Sabbatical,"), kept)
    assert checked.report.verdict is BatchVerdict.ACCEPTED_WITH_QUARANTINE
    assert checked.report.warnings == ("unknown: 'Sabbatical' (1)",)


def test_many_different_unknown_statuses_are_not_named_they_may_be_names(tmp_path: Path) -> None:
    rows = [f"{100 + i},A,a{i}@x.ch,Person {i}," for i in range(21)]
    (refusal, *_) = check(tmp_path, with_rows(*rows)).report.refusals
    assert "21 different values; are the columns shifted?" in refusal
    assert "Person" not in refusal


def test_a_row_without_a_status_is_set_aside(tmp_path: Path) -> None:
    checked = check(tmp_path, with_rows("99,C,c@x.ch,,"))
    assert [row.rule_ids for row in checked.report.quarantined] == [("status-given",)]


def test_a_vocabulary_may_know_what_an_empty_status_means(tmp_path: Path) -> None:
    status = {"columns": ["status"], "states": {"": "active", "Left": "leaver"}}
    kept = contract(schema={"customProperties": custom(status=status)})
    checked = check(tmp_path, f"{HEADER}\n7,A,a@x.ch,,\n8,B,b@x.ch,Left,\n", kept)
    assert checked.accepted["_state"].tolist() == ["active", "leaver"]


TWO_STATUSES = contract(
    schema=columns("id", "status", "leave")
    | {
        "customProperties": custom(
            status={
                "columns": ["status", "leave"],
                "states": {
                    "Active|*": "active",
                    "Active|True": "on_leave",
                    "Gone|*": "leaver",
                },
            }
        )
    }
)


def test_several_status_columns_are_looked_up_together(tmp_path: Path) -> None:
    text = "id,status,leave\n1,Active,False\n2,Active,True\n3,Gone,\n4,Active,\n5,Gone,True\n"
    checked = check(tmp_path, text, TWO_STATUSES)
    assert checked.accepted["_state"].tolist() == [
        "active", "on_leave", "leaver", "active", "leaver",
    ]  # fmt: skip


def test_the_status_with_the_fewest_stars_wins(tmp_path: Path) -> None:
    states = {"A|*|*": "active", "A|B|*": "on_leave", "A|B|C": "leaver"}
    status = custom(status={"columns": ["s", "t", "u"], "states": states})
    kept = contract(schema=columns("id", "s", "t", "u") | {"customProperties": status})
    checked = check(tmp_path, "id,s,t,u\n1,A,B,C\n2,A,B,x\n3,A,x,C\n", kept)
    assert checked.accepted["_state"].tolist() == ["leaver", "on_leave", "active"]


def test_unknown_pairs_of_statuses_refuse_and_incomplete_ones_are_set_aside(tmp_path: Path) -> None:
    text = "id,status,leave\n" + "".join(f"{i},Active,No\n" for i in range(30))
    report = check(tmp_path, text + "98,,True\n99,New,True\n", TWO_STATUSES).report
    assert report.verdict is BatchVerdict.REFUSED
    assert "'New|True' (1)" in report.refusals[0]
    assert failing(check(tmp_path, text + "98,,True\n", TWO_STATUSES)) == {"status-given": 1}


def test_a_contract_without_status_gives_no_states(tmp_path: Path) -> None:
    checked = check(tmp_path, "a,b\n1,x\n", contract(schema=columns("a", "b")))
    assert checked.accepted["_state"].isna().all()
    assert str(checked.accepted["_state"].dtype) == "str"


def test_more_rows_set_aside_than_allowed_refuse_the_batch_with_the_causes(tmp_path: Path) -> None:
    rows = [f"{i},Twin,t{i}@example.com,Active,2020-01-31" for i in range(3)]
    report = check(tmp_path, with_rows(*rows)).report
    assert report.verdict is BatchVerdict.REFUSED
    (refusal,) = report.refusals
    assert refusal.startswith(
        "6 of 43 rows (14.0%) would be set aside, and the contract allows 4: "
        "6 rows break `id/unique` (first on line 2)"
    )
    assert "3 values of `id` stand in several rows (0, 1, 2)" in refusal


@pytest.mark.parametrize(
    ("rows", "fraction", "allowed"),
    [
        (0, 0.1, 0),
        (1, 0.1, 0),
        (2, 0.1, 1),
        (5, 0.1, 2),
        (6, 0.1, 3),
        (19, 0.1, 3),
        (20, 0.1, 2),
        (1000, 0.1, 100),
        (1009, 0.1, 100),
        (19, 0.0, 0),
        (19, 0.5, 9),
        (10, 1.0, 10),
    ],
)
def test_how_many_rows_may_be_set_aside(rows: int, fraction: float, allowed: int) -> None:
    assert allowed_rows(rows, fraction) == allowed


def test_exactly_as_many_as_allowed_go_through_and_one_more_does_not(tmp_path: Path) -> None:
    kept = contract(schema=columns("a", "b", b={"required": True}))
    text = "a,b\n" + "".join(f"{i},x\n" for i in range(18))
    two, three = text + "97,\n98,\n", text + "97,\n98,\n99,\n"
    assert check(tmp_path, two, kept).report.verdict is BatchVerdict.ACCEPTED_WITH_QUARANTINE
    assert check(tmp_path, three, kept).report.verdict is BatchVerdict.REFUSED


def test_warnings_let_rows_go_on_and_are_told(tmp_path: Path) -> None:
    schema = columns("a", "b", b={"relationships": [{"to": "people.a"}]})
    checked = check(tmp_path, "a,b\n1,\n2,1\n3,9\n", contract(schema=schema))
    assert checked.report.verdict is BatchVerdict.ACCEPTED
    (rule,) = [rule for rule in checked.report.rules if rule.failing]
    assert (rule.rule_id, rule.severity, rule.lines) == ("b/reference", Severity.WARN, (4,))


def test_a_critical_rule_refuses_for_one_row(tmp_path: Path) -> None:
    quality = [{"id": "no-x", "metric": "nullValues", "mustBe": 0, "severity": "critical"}]
    kept = contract(schema=columns("a", "b", b={"quality": quality}))
    report = check(tmp_path, "a,b\n1,x\n2,\n", kept).report
    assert report.refusals == ("1 row breaks `no-x` (first on line 3): `b` must not be empty",)


def test_a_rule_about_the_whole_refuses_with_its_words(tmp_path: Path) -> None:
    schema = columns("a", "b") | {
        "quality": [{"id": "enough", "metric": "rowCount", "mustBeBetween": [3, 9]}]
    }
    report = check(tmp_path, "a,b\n1,x\n", contract(schema=schema)).report
    assert report.refusals == ("`enough`: the export must have at least 3 and at most 9 rows",)


@pytest.mark.parametrize(
    ("kind", "options", "good", "bad"),
    [
        ("string", {"pattern": r"^\d{3}$"}, ["007"], ["07", "\u0661\u0662\u0663"]),
        ("string", {"format": "email"}, ["a.b+c@x.co.uk"], ["a@b", "a b@c.de", "@x.de", "ü@x.de"]),
        ("string", {"minLength": 2, "maxLength": 3}, ["ab", "éàü"], ["a", "abcd"]),
        ("integer", None, ["0", "-12"], ["1.0", "x"]),
        ("number", None, ["1.5"], ["1,5", "1e5"]),
        ("boolean", None, ["True", "false"], ["yes", "1"]),
        (
            "date",
            None,
            ["2024-02-29", "1900-01-01", "2100-12-31"],
            ["2023-02-29", "2024-2-1", "0001-01-01", "9999-12-31", "01.02.2024", "2024-02-01 0"],
        ),
        ("date", {"format": "dd.MM.yyyy"}, ["31.01.2024"], ["1.1.2024", "31.02.2024", "1/31/2024"]),
        ("date", {"format": "M/d/yyyy"}, ["1/31/2024", "01/31/2024"], ["31/1/2024"]),
        ("date", {"minimum": "2020-01-01"}, ["2020-01-01"], ["2019-12-31"]),
        ("timestamp", {"format": "yyyy-MM-dd HH:mm"}, ["2024-01-01 07:30"], ["2024-01-01"]),
    ],
)  # fmt: skip
def test_cells_are_held_against_their_declared_type(
    tmp_path: Path, kind: str, options: dict[str, Any] | None, good: list[str], bad: list[str]
) -> None:
    keys: dict[str, Any] = {"logicalType": kind}
    if options:
        keys["logicalTypeOptions"] = options
    schema = columns("a", "b", b=keys)
    schema["customProperties"] = custom(maxQuarantinedFraction=1)
    rows = [*good, *bad, ""]
    text = "a,b\n" + "".join(f'{i},"{value}"\n' for i, value in enumerate(rows))
    checked = check(tmp_path, text, contract(schema=schema))
    lines = [row.line for row in checked.report.quarantined]
    assert lines == [2 + len(good) + i for i in range(len(bad))]


def test_an_enumeration_is_held(tmp_path: Path) -> None:
    schema = columns("a", "b", b={"enum": [{"value": "x"}, {"value": "y"}]})
    checked = check(tmp_path, "a,b\n1,x\n2,y\n3,z\n4,X\n5,\n6,x\n", contract(schema=schema))
    assert [row.line for row in checked.report.quarantined] == [4, 5]


def test_a_rule_about_a_column_that_is_left_out_holds_and_it_is_said(tmp_path: Path) -> None:
    optional = {"customProperties": custom(optional=True), "required": True, "unique": True}
    kept = contract(schema=columns("a", "b", b=optional))
    checked = check(tmp_path, "a\n1\n2\n", kept)
    assert checked.report.verdict is BatchVerdict.ACCEPTED
    assert checked.report.warnings == ("optional columns that the export does not have: b",)


def test_a_rule_that_needs_a_column_left_out_counts_it_as_empty(tmp_path: Path) -> None:
    call = {
        "id": "needs-b",
        "type": "custom",
        "engine": "greatExpectations",
        "implementation": {
            "type": "expect_column_value_required_when",
            "kwargs": {"column_A": "b", "column_B": "a", "when_in": ["1"]},
        },
    }
    schema = columns("a", "b", b={"customProperties": custom(optional=True)}) | {"quality": [call]}
    checked = check(tmp_path, "a\n1\n2\n3\n", contract(schema=schema))
    assert [row.line for row in checked.report.quarantined] == [2]


def test_a_required_cell_and_a_compound_key_are_held(tmp_path: Path) -> None:
    schema = columns("person", "job", "pay", job={"primaryKey": True}) | {
        "customProperties": custom(key="person", oneRowPer="employment")
    }
    text = "person,job,pay\n1,a,x\n1,b,x\n2,a,x\n3,a,x\n3,a,y\n4,,x\n5,z,\n6,q,\n7,w,\n8,e,\n"
    checked = check(tmp_path, text, contract(schema=schema))
    assert [(row.line, row.rule_ids) for row in checked.report.quarantined] == [
        (5, ("primary-key/unique",)),
        (6, ("primary-key/unique",)),
        (7, ("job/required",)),
    ]


def test_results_name_the_first_lines_only(tmp_path: Path) -> None:
    schema = columns("a", "b", b={"required": True})
    schema["customProperties"] = custom(maxQuarantinedFraction=1)
    text = "a,b\n" + "".join(f"{i},\n" for i in range(50))
    checked = check(tmp_path, text, contract(schema=schema))
    (rule,) = [rule for rule in checked.report.rules if rule.failing]
    assert rule.lines == tuple(range(2, 2 + LINES_SHOWN))
    assert rule.failing == len(checked.report.quarantined) == 50


def test_a_refused_batch_lists_only_the_first_of_very_many_rows(tmp_path: Path) -> None:
    kept = contract(schema=columns("a", "b", b={"required": True}))
    text = "a,b\n" + "".join(f"{i},\n" for i in range(MOST_LISTED + 5))
    report = check(tmp_path, text, kept).report
    assert len(report.quarantined) == MOST_LISTED
    assert "of 10,005 rows that break rules the first are listed" in report.warnings


def test_a_refused_batch_never_makes_leavers(tmp_path: Path) -> None:
    kept = contract(schema=columns("a", "b") | {"customProperties": custom(completeRoster=True)})
    assert check(tmp_path, "a,b\n1,x\n", kept).complete_roster
    assert not check(tmp_path, "a,c\n1,x\n", kept).complete_roster


def _rule(**changes: Any) -> ContractRule:
    values: dict[str, Any] = {
        "rule_id": "R1",
        "expectation": "expect_column_values_to_not_be_null",
        "arguments": {"column": "name"},
        "columns": ("name",),
        "severity": Severity.WARN,
        "description": "",
    }
    return ContractRule(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"expectation": "expect_column_values_to_match_regex",
          "arguments": {"column": "name", "regex": "("}}, "could not evaluate"),
        ({"arguments": {"column": "name", "colour": "red"}}, "on building it"),
        ({"row_level": False}, ""),
        ({"expectation": "expect_table_row_count_to_be_between", "arguments": {"min_value": 9},
          "columns": ()}, "gave no rows"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_run_is_never_taken_for_one_that_holds(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    batch = read(tmp_path, f"{HEADER}\n{GOOD}")
    if not why:
        assert run_rules(batch.frame, [_rule(**changes)], origin="c.yaml")[0].failing == 0
        return
    with pytest.raises(ContractFileError) as told:
        run_rules(batch.frame, [_rule(**changes)], origin="c.yaml")
    assert "c.yaml: rule `R1`" in told.value.message
    assert why in told.value.message
    assert "Ann" not in told.value.message


def test_a_result_that_does_not_add_up_is_not_believed(tmp_path: Path) -> None:
    class Lying:
        success = True
        exception_info = None
        result = {"unexpected_index_list": [0], "unexpected_count": 1}  # noqa: RUF012

    batch = read(tmp_path, f"{HEADER}\n{GOOD}")
    with pytest.raises(ContractFileError, match="verdict and rows do not agree"):
        check_batch(batch, contract(), evaluate=lambda expectation, frame: Lying())


def test_rows_are_told_by_position_so_another_index_is_refused(tmp_path: Path) -> None:
    frame = read(tmp_path, f"{HEADER}\n{GOOD}").frame
    with pytest.raises(TypeError, match="fresh RangeIndex"):
        run_rules(frame[::-1], [_rule()], origin="c.yaml")


def test_headers_of_any_kind_do_no_harm(tmp_path: Path) -> None:
    odd = ["id", "a b", "c.d", '"q"', "<script>alert(1)</script>", "c0", "select", "日本"]
    schema = columns(*odd, **{name: {"required": True} for name in odd})
    header = ",".join('"' + name.replace('"', '""') + '"' for name in odd)
    text = header + "\n" + "".join(",".join([str(i)] * 8) + "\n" for i in range(5))
    checked = check(tmp_path, text + "9,,9,9,9,9,9,9\n", contract(schema=schema))
    assert [row.rule_ids for row in checked.report.quarantined] == [("a b/required",)]
    assert cells(read(tmp_path, text, contract(schema=schema)), "日本") == list("01234")
