"""A role's rule as a person reads it."""

import pytest

from tests.builders import settings

RULE = "roles: {rules: [{role: maker, any_of: [%s]}]}"


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ("{all_of: [{column: department, value: IT}]}", "department is IT"),
        (
            "{all_of: [{column: title, operator: starts_with, value: Head}, {column: country, "
            "operator: not_in, values: [CH, DE]}]}, "
            "{all_of: [{column: hr.Grade, operator: present}]}",
            "title begins with Head and country is none of CH, DE, or hr.Grade is there",
        ),
        (
            "{all_of: [{column: email, operator: in, values: [ada@acme.example]}]}",
            "email is one of (hidden)",
        ),
        ("{all_of: [{column: manager, operator: absent}]}", "manager is empty"),
    ],
)
def test_a_rule_says_its_conditions_and_names_nobody(groups: str, words: str) -> None:
    (rule,) = settings(RULE % groups).roles.rules
    assert rule.in_words == words
