"""JSON and JSONL come in as text, by declared paths, with the line of each record."""

import json
from pathlib import Path

import pytest

from data_contracts.batch import MalformedRow
from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract
from tasks.extract.recognise import recognise
from tests.export_parts import DATA, cells, check_published, columns, contract, custom, read


def kept(form: str = "json", at: str = "", **properties: dict[str, object]) -> ExportContract:
    server: dict[str, object] = {"format": form}
    if at:
        server["customProperties"] = custom(recordsAt=at)
    return contract(server=server, schema=columns("id", "mail", **properties))


NESTED = kept(mail={"customProperties": custom(path="profile.email")})


def test_values_stay_as_they_are_written(tmp_path: Path) -> None:
    text = '[{"id": 12345678901234567890, "mail": 0.10}, {"id": "007", "mail": true}]'
    batch = read(tmp_path, text, kept())
    assert cells(batch, "id") == ["12345678901234567890", "007"]
    assert cells(batch, "mail") == ["0.10", "true"]


def test_null_and_a_missing_key_are_missing(tmp_path: Path) -> None:
    text = '[{"id": 1, "mail": null}, {"id": 2}, {"id": 3, "mail": " "}, {"id": 4, "mail": "NA"}]'
    assert cells(read(tmp_path, text, kept()), "mail") == [None, None, None, "NA"]


def test_nested_values_come_in_only_by_their_declared_path(tmp_path: Path) -> None:
    text = '[{"id": 1, "profile": {"email": "a@x.ch", "phone": "1"}, "links": ["x"], "more": "y"}]'
    batch = read(tmp_path, text, NESTED)
    assert cells(batch, "mail") == ["a@x.ch"]
    assert cells(batch, "more") == ["y"]
    assert set(batch.frame.columns) == {"id", "mail", "more", "_line"}
    assert batch.warnings == ("not read, for it holds nested values: 'links'",)


def test_a_path_may_lead_into_a_list(tmp_path: Path) -> None:
    first = kept(mail={"customProperties": custom(path="emails.0.value")})
    text = '[{"id": 1, "emails": [{"value": "a@x.ch"}]}, {"id": 2, "emails": []}]'
    assert cells(read(tmp_path, text, first), "mail") == ["a@x.ch", None]


def test_a_path_may_choose_from_a_list_by_a_value(tmp_path: Path) -> None:
    work = kept(mail={"customProperties": custom(path="emails[primary=true].value")})
    text = (
        '[{"id": 1, "emails": [{"value": "p@x.ch"}, {"value": "a@x.ch", "primary": true}]},'
        '{"id": 2, "emails": [{"value": "p@x.ch", "primary": false}]}, {"id": 3, "emails": []}]'
    )
    assert cells(read(tmp_path, text, work), "mail") == ["a@x.ch", None, None]
    two = (
        '[{"id": 1, "emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}]'
    )
    assert cells(read(tmp_path, two, work), "mail") == ["a"]
    none = kept(mail={"customProperties": custom(path="emails.value")})
    assert read(tmp_path, two, none).malformed == (
        MalformedRow(1, "`value` holds 2 values where one is expected"),
    )


def test_aliases_of_a_column_with_a_path_are_paths(tmp_path: Path) -> None:
    mail = {"customProperties": custom(path="work.email", aliases=["emails.0.value", "private"])}
    text = (
        '[{"id": 1, "work": {"email": "a"}, "private": "z"}, {"id": 2, "emails": [{"value": "b"}]},'
        '{"id": 3, "work": {"email": null}, "private": "c"}, {"id": 4}]'
    )
    batch = read(tmp_path, text, kept(mail=mail))
    assert cells(batch, "mail") == ["a", "b", "c", None]
    assert set(batch.frame.columns) == {"id", "mail", "_line"}


def test_records_that_share_a_line_are_told_apart_by_their_number(tmp_path: Path) -> None:
    batch = read(tmp_path, '[{"id": 1}, 7, {"id": 3},\n{"id": 4}]', kept())
    assert batch.frame["_line"].tolist() == [1, 3, 4]
    assert [row.line for row in batch.malformed] == [2]
    assert batch.warnings == (
        "records share lines: rows are numbered as the first record, the second ...",
    )


def test_a_key_that_no_record_has_is_no_column(tmp_path: Path) -> None:
    assert "mail" not in read(tmp_path, '[{"id": 1, "profile": {}}]', NESTED).frame
    assert "mail" in read(tmp_path, '[{"id": 1, "profile": null}]', NESTED).frame


def test_aliases_are_other_keys(tmp_path: Path) -> None:
    aliased = kept(mail={"customProperties": custom(aliases=["e-mail"])})
    assert cells(read(tmp_path, '[{"id": 1, "e-mail": "a@x.ch"}]', aliased), "mail") == ["a@x.ch"]


def test_a_list_where_one_value_belongs_makes_the_record_malformed(tmp_path: Path) -> None:
    text = '[\n{"id": 1, "mail": ["a", "b"]},\n\n{"id": 2, "mail": "c"},\n"what"]'
    batch = read(tmp_path, text, kept())
    assert batch.malformed == (
        MalformedRow(2, "`mail` holds a list where one value is expected"),
        MalformedRow(5, "expected an object, got something else"),
    )
    assert batch.frame["_line"].tolist() == [4]
    assert batch.rows_read == 3


def test_records_are_found_under_the_declared_keys(tmp_path: Path) -> None:
    text = '{"meta": {"n": [1]},\n "data": {"x": null, "people": [\n {"id": 1, "mail": "m"}]}}'
    batch = read(tmp_path, text, kept(at="data.people"))
    assert cells(batch, "id") == ["1"]
    assert batch.frame["_line"].tolist() == [3]


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ('{"a": 1}', "", "has no list of records at its top"),
        ('{"a": 1}', "people", "has no key `people`"),
        ('{"people": 1}', "people", "has no list of records at `people`"),
        ('[{"id": 1},\n {"id": 2,}]', "", "line 2, column 11: malformed JSON"),
        ('[{"id": 1},\n {"id": 2}', "", "the file ends too early"),
        ('[{"id": 1}]\n[{"id": 2}', "", "the file ends too early"),
        ('{"people": [{"id": 1}]', "people", "the file ends too early"),
        ('{"people": [{"id": 1}], "n": ', "people", "the file ends too early"),
        ('{"people": [{"id": 1}]}\n{"people": [', "people", "the file ends too early"),
        ('{"people": [{"id": 1}]}\nmore', "people", "has no key `people`"),
        (
            '{"people": [{"id": 1}],\n "people": [{"id": 2}]}',
            "people",
            "line 2: an object has a key",
        ),
        ('{"n": 1 "people": []}', "people", "a comma or } is missing"),
        ('{"n": 1, }', "people", "a comma too many"),
        ("{1: 2}", "people", "a key is missing"),
        ('{"people"= []}', "people", "a colon is missing"),
        ('[[{"people": []}]]', "people", "holds a list where an object with the key `people`"),
        ('[{"id": 1}]', "people", "has no key `people`"),
        ('[{"people": [{"id": 1}]}, {"id": 2}]', "people", "has no key `people`"),
        ("[]", "people", "has no answer in its list"),
        ('[{"people": []},]', "people", "a comma too many"),
        ('[{"people": []}', "people", "the file ends too early"),
        ('{"error": {"code": 401}}', "people", "is an API's word about an error, and no export"),
        ('[{"id": 1},]', "", "a comma too many"),
        ('[\n{"id": 1, "id": 2}]', "", "line 2: an object has a key twice"),
        ('[{"id": NaN}]', "", "NaN is no JSON"),
        ("[" * 100_000, "", "nested too deeply"),
    ],
)
def test_a_document_that_is_not_as_declared_is_refused_with_its_place(
    tmp_path: Path, text: str, at: str, words: str
) -> None:
    with pytest.raises(SourceError) as told:
        read(tmp_path, text, kept(at=at))
    assert words in told.value.message
    assert "people.csv" in told.value.message


@pytest.mark.parametrize("between", ["\n", "", "\n\n", "  "])
def test_answers_of_an_api_one_after_another_are_all_read(tmp_path: Path, between: str) -> None:
    pages = [
        '{"kind": "users", "people": [{"id": 1, "mail": "a"},\n{"id": 2}], "nextPageToken": "x"}',
        '{"people": [{"id": 3}], "more": {"a": [1]}}',
        '{"people": []}',
    ]
    batch = read(tmp_path, between.join(pages), kept(at="people"))
    assert cells(batch, "id") == ["1", "2", "3"]
    in_a_list = read(tmp_path, f"[{','.join(pages)}]", kept(at="people"))
    assert cells(in_a_list, "id") == ["1", "2", "3"]
    lists = read(tmp_path, f'[{{"id": 1}}]{between}[]{between}[{{"id": 2}}]', kept())
    assert cells(lists, "id") == ["1", "2"]


@pytest.mark.parametrize(
    ("further", "named"),
    [
        ('"nextPageToken": "x"', "nextPageToken"),
        ('"@odata.nextLink": "https://graph.example/next"', "@odata.nextLink"),
        ('"_links": {"next": {"href": "x"}}', "_links.next"),
        ('"pagination": {"after_cursor": "x"}', "pagination.after_cursor"),
    ],
)
def test_an_answer_that_says_that_more_follow_is_no_whole_export(
    tmp_path: Path, further: str, named: str
) -> None:
    for text in (f'{{{further}, "people": [{{"id": 1}}]}}', f'{{"people": [], {further}}}'):
        with pytest.raises(SourceError, match=f"says by `{named}` that more follow"):
            read(tmp_path, text, kept(at="people"))
        # the one behind it is the last one
        assert read(tmp_path, f'{text}{{"people": [{{"id": 9}}]}}', kept(at="people")).rows_read
        with pytest.raises(SourceError, match=f"says by `{named}` that more follow"):
            read(tmp_path, f'[{{"people": [{{"id": 9}}]}}, {text}]', kept(at="people"))
        in_a_list = f'[{text}, {{"people": [{{"id": 9}}]}}]'
        assert read(tmp_path, in_a_list, kept(at="people")).rows_read


def test_an_empty_word_about_further_pages_says_nothing(tmp_path: Path) -> None:
    text = '{"next_link": null, "nextPageToken": "", "_links": {"self": 1}, "people": [{"id": 1}]}'
    assert read(tmp_path, text, kept(at="people")).rows_read == 1


def test_pages_are_recognised_one_a_line_and_otherwise(tmp_path: Path) -> None:
    whole = json.loads((DATA / "samples" / "google-directory-json.json").read_text())
    pages = [whole | {"users": [user]} for user in whole["users"]]
    one_a_line = "\n".join(json.dumps(page) for page in pages)
    indented = "\n".join(json.dumps(page, indent=2) for page in pages)
    for text in (one_a_line, indented, json.dumps(pages)):
        path = tmp_path / "pages.json"
        path.write_text(text)
        seen = recognise(path)
        assert seen.best is not None
        assert seen.best.contract == "google-directory-json"
        assert seen.records_at == "users"
        assert seen.rows_estimate == len(pages)
        report = check_published("google-directory-json", path).report
        assert report.rows_read == len(pages)


def test_people_with_lists_of_their_own_are_not_taken_for_pages(tmp_path: Path) -> None:
    group = {"key": "1", "label": "Design", "kind": "team", "since": "2026-01-01", "lead": "no"}
    people = [{"email": f"p{n}@acme.example", "groups": [group, group]} for n in range(3)]
    (tmp_path / "people.json").write_text(json.dumps(people))
    seen = recognise(tmp_path / "people.json")
    assert (seen.records_at, seen.rows_estimate) == ("", 3)


def test_a_broken_line_of_jsonl_is_malformed_and_the_others_go_on(tmp_path: Path) -> None:
    text = '{"id": 1, "mail": "a"}\n\n{"id": 2, "mail"\n{"id": 3, "mail": "c"}\n[]\n'
    batch = read(tmp_path, text, kept("jsonl"))
    assert cells(batch, "id") == ["1", "3"]
    assert batch.frame["_line"].tolist() == [1, 4]
    assert [row.line for row in batch.malformed] == [3, 5]
    assert "mail" not in batch.malformed[0].reason


def test_characters_that_are_none_make_the_record_malformed(tmp_path: Path) -> None:
    text = (
        r'[{"id": "\ud800", "mail": "a"}, {"id": "x\u0000", "mail": "b"}, {"id": 3, "mail": "c"}]'
    )
    batch = read(tmp_path, text, kept())
    assert cells(batch, "id") == ["3"]
    assert len(batch.malformed) == 2


def test_passwords_are_never_read(tmp_path: Path) -> None:
    batch = read(tmp_path, '[{"id": 1, "mail": "m", "password": "hunter2"}]', kept())
    assert "password" not in batch.frame
    assert batch.warnings == ("not read, for it looks like a password: 'password'",)


def test_an_empty_list_is_a_batch_without_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "[]", kept()).rows_read == 0
