"""The error tree: every class says what to do, how it ends the command, whether to try again."""

import inspect
import re

import pytest

from data_contracts import errors
from data_contracts.errors import ScimflowError


def tree(root: type[ScimflowError] = ScimflowError) -> list[type[ScimflowError]]:
    return [root, *(c for child in root.__subclasses__() for c in tree(child))]


TREE = [each for each in tree() if each.__module__ == errors.__name__]


@pytest.mark.parametrize("error", TREE, ids=lambda e: e.__name__)
def test_every_error_says_what_it_is_and_what_to_do_next(error: type[ScimflowError]) -> None:
    assert "__doc__" in vars(error)
    assert error.__doc__
    assert error.default_hint
    if error is not ScimflowError and ScimflowError not in error.__bases__:
        assert vars(error).get("default_hint"), "a leaf of the tree needs a hint of its own"
    raised = error("what happened")
    assert raised.hint == error.default_hint
    assert str(raised) == raised.message == "what happened"
    assert error("what happened", hint="do this").hint == "do this"


@pytest.mark.parametrize("error", TREE, ids=lambda e: e.__name__)
def test_every_error_ends_the_command_with_a_code_of_the_design(
    error: type[ScimflowError],
) -> None:
    assert error.exit_code in {1, 3, 4, 5, 64}
    assert isinstance(error.transient, bool)


def test_only_what_later_may_work_is_transient() -> None:
    assert {e.__name__ for e in TREE if e.transient} == {
        "SourceUnavailable",
        "TargetUnavailable",
        "OutcomeUnknown",
    }


def test_the_exit_codes_are_those_that_users_script_against() -> None:
    assert (errors.EXIT_IN_LINE, errors.EXIT_OTHER, errors.EXIT_CHANGES) == (0, 1, 2)
    assert (errors.EXIT_HELD, errors.EXIT_CONTRACT, errors.EXIT_PARTLY) == (3, 4, 5)
    assert errors.EXIT_USAGE == 64
    codes = {e.__name__: e.exit_code for e in TREE}
    assert codes["ConfigurationError"] == codes["ContractFileError"] == 64
    assert codes["SourceError"] == codes["BatchRefused"] == 4
    assert codes["PlanHeld"] == codes["PlanRefused"] == codes["StalePlan"] == 3
    assert codes["PartlyApplied"] == 5
    assert {codes[n] for n in ("TargetUnavailable", "TokenRefused", "LedgerError")} == {1}


def drawn_tree() -> list[tuple[int, str, int | None]]:
    """Depth, name and exit code of each line of the tree in the module's docstring."""
    lines = (inspect.getdoc(errors) or "").splitlines()
    found = [re.match(r"^ {4}([│├└─ ]*)([A-Z]\w+)(?:.*\s{2}(\d{1,2})$)?", line) for line in lines]
    return [(len(m[1]) // 4, m[2], int(m[3]) if m[3] else None) for m in found if m]


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    def walk(error: type[ScimflowError], depth: int = 0) -> list[tuple[int, str]]:
        children = [c for c in error.__subclasses__() if c.__module__ == errors.__name__]
        return [(depth, error.__name__), *(d for c in children for d in walk(c, depth + 1))]

    assert [(depth, name) for depth, name, _ in drawn_tree()] == walk(ScimflowError)
    shown = {name: code for _, name, code in drawn_tree() if code is not None}
    assert len(shown) > 8
    assert shown == {name: getattr(errors, name).exit_code for name in shown}


def test_an_error_of_the_target_carries_what_a_retry_must_know() -> None:
    error = errors.TargetUnavailable("busy", status=429, retry_after_s=7.0, scim_type="tooMany")
    assert (error.status, error.retry_after_s, error.scim_type) == (429, 7.0, "tooMany")
    assert errors.TargetError("x").status is None
