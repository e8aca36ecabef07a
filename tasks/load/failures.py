"""What an error of the target means for the person it met, and for the run.

Pure. An error about one person is that person's outcome; one about the target is counted, and ends
the run when there are too many; one about the token or the certificate ends it at once.
"""

from collections.abc import Callable

from data_contracts.errors import (
    AnswerUnreadable,
    OutcomeUnknown,
    TargetError,
    TargetRefused,
    TargetUnavailable,
    TokenRefused,
)
from data_contracts.plan import PlannedOperation
from data_contracts.words import OperationKind, OutcomeResult
from tasks.load.breaker import CircuitBreaker
from tasks.load.ending import Ending
from tasks.scim.protocol import Purpose
from tasks.scim.wire import Trace


class Failures:
    """Turns errors into endings, and stops the run where the error is not a person's.

    Args:
        breaker: Counts failures of the target.
        stop: Stops the run; told why.
    """

    def __init__(self, breaker: CircuitBreaker, stop: Callable[[str], None]) -> None:
        self._breaker = breaker
        self._stop = stop

    def ending(self, operation: PlannedOperation, error: TargetError, trace: Trace) -> Ending:
        """How an operation ended that met an error.

        Args:
            operation: Whose.
            error: What its last request ended with.
            trace: Its exchanges.
        """
        if isinstance(error, TokenRefused):
            reason = self._breaker.forbidden() if error.status == 403 else "the token is refused"
            if reason:
                self._stop(f"{reason}: {error.message}")
                return unfinished(operation, trace, error.message, OutcomeResult.SKIPPED)
        if type(error) is TargetError:  # such as a certificate: the same for everybody
            self._stop(error.message)
        reason = self._breaker.answered(ill=_is_the_target_s(error, operation))
        if reason:
            self._stop(f"{reason}; the last one: {error.message}")
        if isinstance(error, TargetUnavailable) and error.status == 429:  # nobody's own failure
            return unfinished(operation, trace, error.message, OutcomeResult.SKIPPED)
        if isinstance(error, OutcomeUnknown) or _was_written(error, trace):
            return unfinished(operation, trace, error.message)
        detail = error.message
        if error.status == 412:
            detail = "somebody else changed the account meanwhile; the next run plans it anew"
        return Ending(OutcomeResult.FAILED, operation.account_id, detail=detail)


def unfinished(
    operation: PlannedOperation,
    trace: Trace,
    detail: str,
    otherwise: OutcomeResult = OutcomeResult.FAILED,
) -> Ending:
    """The end of an operation that was broken off.

    Args:
        operation: Whose.
        trace: Its exchanges.
        detail: Why.
        otherwise: Its result if certainly nothing was written; else it is unknown.
    """
    result = OutcomeResult.UNKNOWN if _may_have_written(trace) else otherwise
    return Ending(result, operation.account_id, detail=detail)


def _may_have_written(trace: Trace) -> bool:
    return any(
        e.purpose == Purpose.WRITE and (e.status is None or e.status < 300 or e.status >= 500)
        for e in trace
    )


def _was_written(error: TargetError, trace: Trace) -> bool:
    """Whether the last write succeeded, and what failed is the look that followed."""
    if isinstance(error, TargetRefused):
        return False  # what refused may have been a write that was not sent in the end
    writes = [e for e in trace if e.purpose == Purpose.WRITE]
    return bool(writes) and writes[-1].status is not None and writes[-1].status < 300


def _is_the_target_s(error: TargetError, operation: PlannedOperation) -> bool:
    """Whether an error says more of the target than of the person."""
    if operation.kind is OperationKind.CREATE and error.status in (404, 405, 501):
        return True  # nobody can be created
    return error.transient or isinstance(error, AnswerUnreadable)
