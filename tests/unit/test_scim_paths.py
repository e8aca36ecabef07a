"""How a mapping names one value of a User (RFC 7644 section 3.10)."""

import pytest

from data_contracts.errors import ConfigurationError
from data_contracts.scim.paths import Selector, parse_path
from data_contracts.scim.schema import ENTERPRISE_SCHEMA, USER_SCHEMA, Kind

OWN = "urn:example:params:scim:schemas:board:2.0:User"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("title", "title"),
        ("name.givenName", "name.givenName"),
        ('emails[type eq "work"].value', 'emails[type eq "work"].value'),
        ("roles[primary eq true].value", "roles[primary eq true].value"),
        ("roles[primary eq false].value", "roles[primary eq false].value"),
        ("core.title", "title"),
        (f"{USER_SCHEMA}:title", "title"),
        (f"{USER_SCHEMA}:name.givenName", "name.givenName"),
        (f'{USER_SCHEMA}:emails[type eq "work"].value', 'emails[type eq "work"].value'),
        (f"{USER_SCHEMA.upper()}:title", "title"),
        ("enterprise.department", f"{ENTERPRISE_SCHEMA}:department"),
        (f"{ENTERPRISE_SCHEMA}:department", f"{ENTERPRISE_SCHEMA}:department"),
        ("enterprise.manager.value", f"{ENTERPRISE_SCHEMA}:manager.value"),
        (f"{OWN}:seat", f"{OWN}:seat"),
        (f"{OWN}:seat.kind", f"{OWN}:seat.kind"),
        ('addresses[type eq "work"].country', 'addresses[type eq "work"].country'),
    ],
)
def test_a_path_has_one_canonical_form(text: str, canonical: str) -> None:
    path = parse_path(text, (OWN,))
    assert str(path) == canonical
    assert parse_path(str(path), (OWN,)) == path


def test_a_path_knows_its_parts_and_what_the_schema_says() -> None:
    path = parse_path('emails[type eq "work"].value')
    assert (path.schema, path.name, path.sub) == (USER_SCHEMA, "emails", "value")
    assert path.selector == Selector("type", "work")
    assert path.info.folds_case
    assert parse_path("roles[primary eq true].value").selector == Selector("primary", True)
    assert parse_path("active").info.kind is Kind.BOOLEAN
    assert not parse_path("title").info.folds_case
    assert not parse_path("externalId").info.folds_case
    assert parse_path("userName").info.folds_case


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titel", "SCIM has no attribute 'titel': did you mean 'title'?"),
        ("username", "SCIM has no attribute 'username': did you mean 'userName'?"),
        ("Title", "SCIM has no attribute 'Title': did you mean 'title'?"),
        (
            "name.givenname",
            "SCIM has no attribute 'name.givenname': did you mean 'givenName'?",
        ),
        (
            "enterprise.departement",
            "SCIM has no attribute 'enterprise.departement': did you mean 'department'?",
        ),
        (
            "zzz",
            "SCIM has no attribute 'zzz'; known are userName, externalId, name, displayName, "
            "title, emails, ...",
        ),
        ("enterprise.zzz", "SCIM has no attribute 'enterprise.zzz'"),
        ("name", "'name' has parts"),
        ("enterprise.manager", "'enterprise.manager' has parts"),
        ("emails", "'emails' names a list"),
        ("emails.value", "'emails.value' names a list"),
        ('emails[type eq "work"]', "'emails[type eq \"work\"]' has parts"),
        ('title[type eq "work"].value', "'title[type eq \"work\"].value' has no list element"),
        ('emails[colour eq "red"].value', "'emails[colour eq \"red\"].value' has no list element"),
        ("title.value", "SCIM has no attribute 'title.value'"),
        ('emails[type eq "work"].valeu', "did you mean 'value'?"),
        ("id", "'id' is read-only in SCIM"),
        ("meta", "'meta' is read-only in SCIM"),
        ("groups", "'groups' is read-only in SCIM"),
        ("enterprise.manager.displayName", "is read-only in SCIM"),
        ("", "'' is not an attribute path"),
        ("a b", "'a b' is not an attribute path"),
        ("emails[type eq work].value", "is not an attribute path"),
        ('emails[type ne "work"].value', "is not an attribute path"),
        ('emails[type eq "a" and primary eq true].value', "is not an attribute path"),
        ("name.givenName.first", "is not an attribute path"),
        ("urn:unknown:2.0:User:title", "is not an attribute path"),
        (f"{OWN}:seat", "is not an attribute path"),
        ("title\n", "is not an attribute path"),
    ],
)
def test_a_path_that_is_none_says_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_path(text)
    assert message in caught.value.message


def test_a_list_and_a_complex_attribute_hint_at_a_whole_path() -> None:
    for text, hint in (
        ("emails", 'say which element: emails[type eq "work"].value'),
        ("name", "name one: name.formatted"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            parse_path(text)
        assert caught.value.hint == hint
