"""What is said of a write that succeeded when the look that follows it fails."""

from datetime import UTC, datetime

import pytest

from data_contracts.errors import TargetError, TargetRefused
from data_contracts.outcome import HttpExchange
from data_contracts.words import OutcomeResult
from tasks.load.breaker import CircuitBreaker
from tasks.load.failures import Failures
from tests.target_parts import create

AT = datetime(2026, 3, 2, tzinfo=UTC)
LOOK = HttpExchange("GET", "/Users/id-1", None, 1, "verify", AT)


def result_of(error: TargetError, status: int) -> OutcomeResult:
    trace = [HttpExchange("POST", "/Users", status, 1, "write", AT), LOOK]
    failures = Failures(CircuitBreaker(), lambda reason: None)
    return failures.ending(create(), error, trace).result


def test_a_create_that_was_answered_with_success_is_unknown_and_not_failed() -> None:
    untrusted = TargetError("the certificate of the host is not trusted")
    assert result_of(untrusted, 201) is OutcomeResult.UNKNOWN


@pytest.mark.parametrize("status", [400, 409])
def test_a_create_that_was_refused_has_failed(status: int) -> None:
    assert result_of(TargetRefused("refused", status=status), status) is OutcomeResult.FAILED
    untrusted = TargetError("the certificate of the host is not trusted")
    assert result_of(untrusted, status) is OutcomeResult.FAILED
