"""One account changed: update, reactivate, deactivate. Written, verified, or found out.

A 5xx or a lost answer is looked at before anything is repeated: servers answer 500 and have done
it. Whoever is gone is gone only by the word of SCIM, and after a look-up.
"""

from collections.abc import Mapping

from data_contracts.errors import (
    AnswerUnreadable,
    OutcomeUnknown,
    TargetError,
    TargetRefused,
    TargetUnavailable,
    UniquenessConflict,
)
from data_contracts.plan import Operation
from data_contracts.scim.resource import Resource, Value
from data_contracts.words import OperationKind, OutcomeResult
from tasks.load.ending import Ending, as_meant
from tasks.load.projection import Projection
from tasks.load.verify import as_seen
from tasks.load.writer import AccountWriter, Written
from tasks.scim.answers import resource_id
from tasks.scim.client import ScimClient
from tasks.scim.retry import wait_s
from tasks.scim.wire import Trace


def is_ambiguous(error: TargetError) -> bool:
    """Whether a failed write may have been carried out after all."""
    if isinstance(error, OutcomeUnknown):
        return True
    return isinstance(error, TargetUnavailable) and (error.status or 0) >= 500


def given_up(error: TargetError, look: str) -> TargetError:
    """What is known when the time for repetitions is up and the last look showed nothing.

    What was answered has failed. A write without an answer may still be on its way: at a slow
    target it lands after the look.

    Args:
        error: Of the last attempt.
        look: What the look showed, in words.
    """
    if isinstance(error, OutcomeUnknown) and error.status is None:
        return OutcomeUnknown(f"{error.message}; {look} so far, and the next run looks again")
    return TargetUnavailable(f"{error.message}; {look}", status=error.status)


def _has_unique(wanted: Mapping[str, Value]) -> bool:
    """Whether something is written that targets keep unique."""
    return any(path.startswith(("userName", "externalId", "emails")) for path in wanted)


class AccountChanger:
    """Changes accounts and makes sure that it happened.

    Args:
        client: Of the target.
        writer: Writes in this target's way.
        projection: Says whether an account is as meant.
    """

    def __init__(self, client: ScimClient, writer: AccountWriter, projection: Projection) -> None:
        self._client = client
        self._writer = writer
        self._projection = projection

    async def carry_out(self, operation: Operation, trace: Trace) -> Ending:
        """Update, reactivate or deactivate the account of an operation.

        Args:
            operation: Not a create.
            trace: Where exchanges are noted.

        Raises:
            TargetError: It could not be done, and the reason is not this account.
        """
        account_id = operation.account_id or ""
        wanted = dict(operation.attributes)
        if operation.kind is not OperationKind.UPDATE:
            wanted["active"] = operation.kind is OperationKind.REACTIVATE
        try:
            return await self.change(account_id, wanted, operation.before, trace)
        except UniquenessConflict:
            if not _has_unique(wanted):
                raise  # 409 for another reason, such as the last admin
            return await self._taken(operation, account_id, trace)
        except TargetRefused as error:
            if error.status == 404:
                return await self._gone(operation, trace)
            raise

    async def change(
        self,
        account_id: str,
        wanted: Mapping[str, Value],
        before: Mapping[str, Value | None],
        trace: Trace,
    ) -> Ending:
        """Write changes until they are there, as long as `request_budget_s` lets it.

        Args:
            account_id: Whose.
            wanted: Values by path.
            before: What the account is known to hold; None for what it is known not to have.
            trace: Where exchanges are noted.

        Raises:
            OutcomeUnknown: It was not answered, and the time is up; or it could not be looked at.
            TargetError: It was refused; or it failed, a look showed that it did not happen, and the
                time is up.
        """
        clock = self._client.clock
        deadline = clock.monotonic() + self._client.settings.request_budget_s
        attempt = 0
        while True:
            attempt += 1
            try:
                absent = frozenset(path for path, value in before.items() if value is None)
                written = await self._writer.write(account_id, wanted, absent, trace)
                return await self._verified(account_id, wanted, before, written, trace)
            except TargetError as error:
                if not is_ambiguous(error):
                    raise
                current = await self._look(account_id, trace, error)
                if not self._projection.differing(current, wanted):
                    compared = self._projection.compared(wanted)
                    return as_meant(OutcomeResult.SETTLED, current, compared)
                pause_s = wait_s(attempt, error)
                if clock.monotonic() + pause_s >= deadline:
                    raise given_up(error, "a look showed that nothing was written") from None
                await clock.sleep(pause_s)

    async def verify(
        self,
        account_id: str,
        wanted: Mapping[str, Value],
        before: Mapping[str, Value | None],
        answered: Resource | None,
        trace: Trace,
    ) -> Ending:
        """Hold an account against what was meant: as answered, else as read anew.

        Args:
            account_id: Whose.
            wanted: Values by path.
            before: What the account held; nothing for a new one.
            answered: The account as the write answered it; None when it did not.
            trace: Where exchanges are noted.

        Raises:
            OutcomeUnknown: It was written, and cannot be read.
        """
        if answered is not None:
            ending = as_seen(self._projection, answered, wanted, before)
            if not ending.not_retained:
                return ending
        current = await self._look(account_id, trace, None)  # the answer may be stale, or none
        return as_seen(self._projection, current, wanted, before)

    async def _verified(
        self,
        account_id: str,
        wanted: Mapping[str, Value],
        before: Mapping[str, Value | None],
        written: Written,
        trace: Trace,
    ) -> Ending:
        if written.already and written.resource is not None:
            compared = self._projection.compared(wanted)
            return as_meant(OutcomeResult.ALREADY, written.resource, compared)
        ending = await self.verify(account_id, wanted, before, written.resource, trace)
        if all(before.get(path, "") is not None for path in ending.not_retained):
            return ending
        # one server ignores `add` (open-webui issue 30074): say it with `replace`
        again = {path: wanted[path] for path in ending.not_retained}
        written = await self._writer.write(account_id, again, frozenset(), trace)
        return await self.verify(account_id, wanted, before, written.resource, trace)

    async def _look(self, account_id: str, trace: Trace, cause: TargetError | None) -> Resource:
        """The account as it is now, after a write whose effect is not known."""
        try:
            current, _ = await self._client.get_user(account_id, trace=trace)
        except (TargetUnavailable, AnswerUnreadable) as error:
            done = cause.message if cause else "written"
            raise OutcomeUnknown(
                f"{done}; then the account could not be read: {error.message}",
                status=error.status,
            ) from None
        return current

    async def _taken(self, operation: Operation, account_id: str, trace: Trace) -> Ending:
        """A unique value belongs to somebody else: whose is it?"""
        found = await self._client.find_by_user_name(operation.user_name, trace=trace)
        others = [key for user in found if (key := resource_id(user)) != account_id]
        holder = f"the account {others[0]}" if others else "an account that cannot be found"
        return Ending(
            OutcomeResult.CONFLICT,
            account_id,
            detail=f"a unique value (userName or another) is taken by {holder}",
        )

    async def _gone(self, operation: Operation, trace: Trace) -> Ending:
        """SCIM says that there is no such account: is there one under another id?"""
        names = dict.fromkeys((operation.user_name, operation.before.get("userName")))
        for name in names:
            if not isinstance(name, str):
                continue
            for user in await self._client.find_by_user_name(name, trace=trace):
                return Ending(
                    OutcomeResult.FAILED,
                    operation.account_id,
                    detail=f"the account is gone; its userName is now at {resource_id(user)}, "
                    "which the next run correlates anew",
                )
        if operation.kind is OperationKind.DEACTIVATE:
            return Ending(OutcomeResult.ALREADY, operation.account_id, detail="the account is gone")
        return Ending(
            OutcomeResult.FAILED,
            operation.account_id,
            detail="the account is gone; the next run creates a new one",
        )
