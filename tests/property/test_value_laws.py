"""Laws of values: what is written is read back, and what is compared has one form."""

import json

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.columns import folded, folded_texts, is_in, texts
from data_contracts.scim.paths import parse_path
from data_contracts.scim.resource import build_resource, compile_reader, normal_form
from data_contracts.scim.schema import USER_SCHEMA
from tasks.plan.digests import digest_of_frame

OWN = "urn:example:2.0:User"
PATHS = [
    "userName", "externalId", "displayName", "title", "name.givenName", "name.familyName",
    'emails[type eq "work"].value', 'emails[type eq "home"].value', "roles[primary eq true].value",
    'addresses[type eq "work"].country', "enterprise.department", "enterprise.manager.value",
    f"{OWN}:seat", f"{OWN}:seat2.kind",
]  # fmt: skip

# no text of these holds half of a surrogate pair: neither CSV nor JSON in UTF-8 can
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
CELLS = st.lists(st.none() | TEXT | st.sampled_from(["a@x", "A@X", "İ", "ΟΔΟΣ", "ß", "e\u0301"]))


@given(st.dictionaries(st.sampled_from(PATHS), TEXT), st.none() | st.booleans())
def test_what_is_written_into_a_resource_is_read_back(
    flat: dict[str, str], active: bool | None
) -> None:
    values: dict[str, str | bool] = {**flat} if active is None else {**flat, "active": active}
    resource = json.loads(json.dumps(build_resource(values, (OWN,))))
    for path in [*PATHS, "active"]:
        expected = values.get(path)
        read = compile_reader(parse_path(path, (OWN,)))(resource)
        assert read == (None if expected == "" else expected)
    used = {key for key in resource if key.startswith("urn:")}
    assert set(resource["schemas"]) == {USER_SCHEMA} | used


@given(TEXT)
def test_a_normal_form_is_its_own_normal_form(text: str) -> None:
    for path in (parse_path("userName"), parse_path("title")):
        once = normal_form(text, path)
        assert normal_form(once, path) == once


@given(CELLS)
def test_folding_is_done_once_and_texts_fold_like_columns(cells: list[str | None]) -> None:
    column = folded(pd.Series(cells, dtype="str"))
    assert texts(folded(column)) == texts(column)
    single = folded_texts(cell for cell in cells if cell is not None)
    assert single == {cell for cell in texts(column) if cell is not None}
    assert is_in(column, single).tolist() == column.notna().tolist()


@given(CELLS, CELLS)
def test_two_columns_have_one_digest_only_when_they_are_equal(
    left: list[str | None], right: list[str | None]
) -> None:
    digests = [
        digest_of_frame(pd.DataFrame({"a": pd.Series(cells, dtype="str")}), ["a"])
        for cells in (left, right)
    ]
    assert (digests[0] == digests[1]) == (left == right)
