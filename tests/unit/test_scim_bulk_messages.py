"""Bulk requests as they are written, and their answers as servers really write them."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.scim.answers import Answer
from tasks.scim.bulk_messages import bulk_request, encode_operation, located_id, read_results
from tasks.scim.protocol import Request, patch_user, post_user, put_user

IDS = ["m-1", "m-2", "m-3"]
WRITES = [post_user({"userName": "ada"}), patch_user("a@b.example", {}), put_user("3", {}, "W/1")]
AT = "https://scim.example/v2/Users"


def read(*results: Any, writes: list[Request] = WRITES) -> list[int | None]:
    """The status of each write in an answer."""
    answer = Answer(200, {}, orjson.dumps({"Operations": list(results)}))
    found = read_results(answer, writes, IDS)
    assert found is not None
    return [None if own is None else own.status for own in found]


def result(method: str, status: Any, **more: Any) -> dict[str, Any]:
    return {"method": method, "status": status, **more}


POSTED = result("POST", "201", bulkId="m-1", location=f"{AT}/9")
PATCHED = result("PATCH", "200", location=f"{AT}/a%40b.example")
REPLACED = result("PUT", "412", location=f"{AT}/3")


def test_operations_are_written_as_the_rfc_has_them() -> None:
    request = bulk_request([encode_operation(w, i) for w, i in zip(WRITES, IDS, strict=True)], 3)
    assert (request.method, request.path, request.is_read) == ("POST", "/Bulk", False)
    assert orjson.loads(request.body or b"") == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "failOnErrors": 3,
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "m-1", "data": {"userName": "ada"}},
            {"method": "PATCH", "path": "/Users/a%40b.example", "data": {}},
            {"method": "PUT", "path": "/Users/3", "version": "W/1", "data": {}},
        ],
    }
    assert "failOnErrors" not in orjson.loads(bulk_request([], None).body or b"")


@given(order=st.permutations([POSTED, PATCHED, REPLACED]))
def test_results_are_known_by_their_names_in_any_order(order: list[dict[str, Any]]) -> None:
    assert read(*order) == [201, 200, 412]


@pytest.mark.parametrize(
    ("status", "known"),
    [
        ("201", 201), (201, 201), ({"code": "201"}, 201), ({"code": 201}, 201), (" 201 ", 201),
        (None, None), (True, None), ("created", None), ({}, None), ([201], None), (20, None),
        ("²01", None),
    ],
)  # fmt: skip
def test_a_status_is_read_in_each_form_that_was_seen(status: Any, known: int | None) -> None:
    assert read({**POSTED, "status": status})[0] == known


def test_what_is_not_mentioned_is_not_known() -> None:
    assert read() == [None, None, None]
    assert read(POSTED) == [201, None, None]
    assert read(REPLACED) == [None, None, 412]
    assert read(PATCHED, POSTED) == [201, 200, None]


def test_one_result_may_come_instead_of_a_list() -> None:
    answer = Answer(200, {}, orjson.dumps({"operations": POSTED}))
    found = read_results(answer, WRITES, IDS)
    assert found is not None
    assert [own and own.status for own in found] == [201, None, None]


def test_a_result_without_a_name_is_known_by_its_place_in_an_answer_that_keeps_the_order() -> None:
    nameless = result("PATCH", "400")
    assert read(POSTED, nameless, REPLACED) == [201, 400, 412]
    assert read(POSTED, {"status": "400"}) == [201, 400, None]
    assert read(POSTED, REPLACED, nameless) == [201, None, 412], "the order is another"
    assert read(nameless) == [None, None, None], "a PATCH was not the first"
    assert read(*[nameless] * 4) == [None, None, None], "more results than operations"


def test_an_operation_of_which_is_said_two_things_is_not_known() -> None:
    assert read(POSTED, PATCHED, REPLACED, {**POSTED, "status": "409"}) == [None, 200, 412]
    assert read(POSTED, PATCHED, REPLACED, POSTED) == [201, 200, 412]


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"Operations": null}', b'{"Operations": "x"}', b"7"],
)
def test_what_is_no_bulk_response_says_nothing_of_anybody(body: bytes) -> None:
    assert read_results(Answer(200, {}, body), WRITES, IDS) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 600) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["status", "method", "location", "bulkId", "response", "code"]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_comes_is_read_without_an_error(results: Any) -> None:
    answer = Answer(200, {}, orjson.dumps({"Operations": results}))
    found = read_results(answer, WRITES, IDS)
    assert found is None or len(found) == 3


def test_an_answer_of_its_own_has_body_version_and_location() -> None:
    user = {"id": "9", "userName": "ada"}
    answer = Answer(
        200, {}, orjson.dumps({"Operations": [{**POSTED, "version": 'W/"2"', "response": user}]})
    )
    found = read_results(answer, WRITES[:1], IDS[:1])
    assert found is not None
    (own,) = found
    assert own is not None
    assert (own.etag, own.document(), located_id(own)) == ('W/"2"', user, "9")


def test_an_error_within_a_bulk_is_scim_s_word_also_without_a_body() -> None:
    answer = Answer(200, {}, orjson.dumps({"Operations": [result("PATCH", "404")]}))
    found = read_results(answer, WRITES[1:2], IDS[:1])
    assert found is not None
    assert found[0] is not None
    assert found[0].document()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


@pytest.mark.parametrize(
    ("location", "account_id"),
    [
        (f"{AT}/9", "9"),
        ("/scim/v2/Users/a%2Fb%40c.example", "a/b@c.example"),
        (f"{AT}/", ""),
        (AT, ""),
        ("https://scim.example/v2/Groups/9", ""),
        ("", ""),
    ],
)
def test_the_id_is_read_from_where_a_user_is(location: str, account_id: str) -> None:
    assert located_id(Answer(201, {"location": location})) == account_id
