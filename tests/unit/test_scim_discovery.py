"""What a target says it can do, read with a grain of salt."""

from typing import Any

import pytest

from tasks.scim.discovery import ProviderConfig, names_in, read_provider_config


@pytest.mark.parametrize(
    ("document", "patch"),
    [
        ({"patch": {"supported": True}}, True),
        ({"patch": {"supported": False}}, False),
        ({"Patch": {"Supported": "true"}}, True),
        ({"patch": {"supported": "False"}}, False),
        ({"patch": {}}, None),
        ({"patch": True}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_feature_is_announced_or_not_or_not_known(document: Any, patch: bool | None) -> None:
    assert read_provider_config(document).patch is patch


def test_numbers_that_are_none_are_not_known() -> None:
    odd = {"bulk": {"maxOperations": "many"}, "filter": {"maxResults": 0}}
    assert read_provider_config(odd) == ProviderConfig()


def test_cursors_are_announced_as_rfc_9865_has_it() -> None:
    assert read_provider_config({"pagination": {"cursor": True, "index": True}}).cursor is True


@pytest.mark.parametrize(
    "document",
    [
        {"Resources": [{"name": "User", "id": "u"}, {"id": "Group"}, {}, None, {"name": 3}]},
        {"resources": [{"name": "User"}, {"id": "Group"}]},
        [{"name": "User"}, {"id": "Group"}],
    ],
)
def test_names_are_found_in_a_list_of_any_shape(document: Any) -> None:
    assert names_in(document, "name", "id") == ("User", "Group")


@pytest.mark.parametrize("document", [None, "text", {}, {"Resources": None}])
def test_no_list_has_no_names(document: Any) -> None:
    assert names_in(document, "name") == ()
