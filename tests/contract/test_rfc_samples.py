"""The examples of RFC 7643 and RFC 7644 (tests/data/rfc, named by section), read and written.

The files are those of python-scim's scim2-models, under the licence that stands beside them.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from data_contracts.errors import TargetRefused
from data_contracts.scim.paths import parse_path
from data_contracts.scim.resource import compile_reader
from data_contracts.scim.schema import SCHEMAS, USER_SCHEMA, Kind
from tasks.extract.target import project_accounts
from tasks.scim.answers import Answer, error_of, read_resource
from tasks.scim.changes import patch_body
from tasks.scim.discovery import names_in, read_provider_config
from tasks.scim.merge import merge_changes, writable
from tasks.scim.pages import read_page
from tasks.scim.protocol import get_user, list_page

SAMPLES = Path(__file__).parent.parent / "data" / "rfc"
NO_USERS = ("schema", "resource_type", "bulk", "patch_op")
USERS = sorted(
    p.name for p in SAMPLES.glob("*user*.json") if not any(w in p.name for w in NO_USERS)
)
ERRORS = sorted(p.name for p in SAMPLES.glob("*-error-*.json"))
LISTS = sorted(p.name for p in SAMPLES.glob("*list_response*.json"))


def sample(name: str) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads((SAMPLES / name).read_bytes())
    return document


def answer(name: str, status: int = 200) -> Answer:
    return Answer(status, httpx.Headers(), (SAMPLES / name).read_bytes())


def values(user: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every single value of a user with its path, found without the code under test."""
    for urn, attributes in SCHEMAS.items():
        front = "" if urn == USER_SCHEMA else f"{urn}:"
        node = user if urn == USER_SCHEMA else user.get(urn, {})
        for name, info in attributes.items():
            if info.read_only or name not in node:
                continue
            if info.multi_valued:
                for element in node[name]:
                    marks = [e.get("type") for e in node[name]]
                    if marks.count(element.get("type")) == 1 and "type" in element:
                        where = f'{front}{name}[type eq "{element["type"]}"]'
                        yield from ((f"{where}.{s}", v) for s, v in element.items() if s != "$ref")
            elif info.kind is Kind.COMPLEX:
                subs = ((s, v) for s, v in node[name].items() if not info.sub[s].read_only)
                yield from ((f"{front}{name}.{s}", v) for s, v in subs)
            else:
                yield f"{front}{name}", node[name]


def test_the_samples_are_there() -> None:
    assert len(USERS) >= 9
    assert len(ERRORS) == 5
    assert len(LISTS) >= 4


@pytest.mark.parametrize("name", USERS)
def test_every_value_of_every_user_is_read(name: str) -> None:
    user = sample(name)
    found = dict(values(user))
    assert found
    for path, value in found.items():
        assert compile_reader(parse_path(path))(user) == value, path


@pytest.mark.parametrize("name", [n for n in USERS if "request" not in n])
def test_every_answered_user_is_a_resource_and_a_row(name: str) -> None:
    user = read_resource(answer(name))
    assert user is not None
    paths = [path for path, value in values(user) if isinstance(value, str)]
    frame = project_accounts([user], paths)
    assert frame["account_id"].tolist() == [user["id"]]
    assert {p: frame[p].tolist()[0] for p in paths} == {p: dict(values(user))[p] for p in paths}


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_read_by_its_class_without_its_values(name: str) -> None:
    document = sample(name)
    status = int(document["status"])
    error = error_of(answer(name, status), get_user("x"), datetime.now(UTC))
    assert isinstance(error, TargetRefused)
    assert (error.status, error.scim_type) == (status, document.get("scimType"))
    assert "2819c223" not in error.message


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_read(name: str) -> None:
    document = sample(name)
    page = read_page(answer(name), list_page(1, 100))
    assert page.total == document["totalResults"]
    assert page.length == len(document.get("Resources", []))


def test_the_service_provider_config_is_read() -> None:
    config = read_provider_config(sample("rfc7643-8.5-service_provider_configuration.json"))
    assert (config.patch, config.bulk, config.filter, config.etag) == (True,) * 4
    assert (config.bulk_max_operations, config.max_results) == (1000, 200)
    assert config.cursor is None


def test_the_resource_types_are_read() -> None:
    document = sample("rfc7644-4-list_response-resource_types.json")
    assert names_in(document, "name", "id") == ("User", "Group")


def test_the_patch_of_section_3_5_2_3_is_what_we_write() -> None:
    path = 'addresses[type eq "work"].streetAddress'
    assert patch_body({path: "1010 Broadway Ave"}) == sample(
        "rfc7644-3.5.2.3-patch_op-replace_street_address.json"
    )


def test_the_put_of_section_3_5_1_changes_what_is_ours_and_keeps_the_rest() -> None:
    before = sample("rfc7643-8.2-user-full.json")
    after = writable(merge_changes(before, {"title": "Head", "name.givenName": "Babs"}))
    expected = {k: v for k, v in before.items() if k not in ("meta", "groups")}
    expected["title"] = "Head"
    expected["name"] = {**before["name"], "givenName": "Babs"}
    assert after == expected
