"""One account created, or the person's own account found and adopted.

A create is never repeated blindly: after a lost answer, a 5xx, or "taken", the target is searched
by userName and externalId first.
"""

from collections.abc import Mapping
from typing import Any

from data_contracts.errors import (
    AnswerUnreadable,
    OutcomeUnknown,
    TargetError,
    TargetRefused,
    TargetUnavailable,
    UniquenessConflict,
)
from data_contracts.plan import Operation
from data_contracts.scim.resource import Value, build_resource
from data_contracts.words import OutcomeResult
from tasks.load.change import AccountChanger, given_up, is_ambiguous
from tasks.load.ending import Ending, as_meant
from tasks.load.identity import Found, judge
from tasks.load.projection import Projection
from tasks.scim.answers import resource_id
from tasks.scim.client import ScimClient
from tasks.scim.retry import wait_s
from tasks.scim.wire import Trace

LOOKS_FOR_OWN = 3
"""How often an account that we probably made is searched: some searches lag behind the writes."""


class AccountCreator:
    """Creates accounts without ever making a second one.

    Args:
        client: Of the target.
        changer: Brings an adopted account to what was meant.
        projection: Says whether an account is as meant.
        owners: Worker key by account id, of the accounts that are managed; added to here.
    """

    def __init__(
        self,
        client: ScimClient,
        changer: AccountChanger,
        projection: Projection,
        owners: dict[str, str],
    ) -> None:
        self._client = client
        self._changer = changer
        self._projection = projection
        self._owners = owners
        self._protected = frozenset(p.lower() for p in client.settings.protected)

    async def carry_out(self, operation: Operation, trace: Trace) -> Ending:
        """Create the account of an operation.

        Args:
            operation: A create.
            trace: Where exchanges are noted.

        Raises:
            TargetError: It could not be done, or its end is not known.
        """
        wanted: dict[str, Value] = {"active": True, **operation.attributes}
        ending = await self._create(operation, wanted, trace)
        if ending.account_id is not None and ending.result is not OutcomeResult.CONFLICT:
            self._owners[ending.account_id] = operation.worker_key
        return ending

    async def _create(self, operation: Operation, wanted: dict[str, Value], trace: Trace) -> Ending:
        clock = self._client.clock
        deadline = clock.monotonic() + self._client.settings.request_budget_s
        resource = build_resource(wanted, self._projection.extensions)
        attempt, unanswered = 0, False
        while True:
            attempt += 1
            try:
                answered = await self._client.create_user(resource, trace=trace)
            except TargetRefused as error:
                return await self._refused(operation, wanted, error, unanswered, trace)
            except TargetError as error:
                if not is_ambiguous(error):
                    raise
                unanswered = True
                found = await self._search_own(operation, wanted, error.message, trace)
                if found.account is not None or found.conflict:
                    return await self._settle(wanted, found, unanswered, trace)
                pause_s = wait_s(attempt, error)
                if clock.monotonic() + pause_s >= deadline:
                    look = "a look showed that no account was created"
                    raise given_up(error, look) from None
                await clock.sleep(pause_s)
            else:
                return await self._answered(operation, wanted, answered, trace)

    async def _answered(
        self,
        operation: Operation,
        wanted: Mapping[str, Value],
        answered: dict[str, Any] | None,
        trace: Trace,
    ) -> Ending:
        if answered is not None:
            return await self._changer.verify(resource_id(answered), wanted, {}, answered, trace)
        # success without an account (202, wso2 issue 25888): only a look can tell
        cause = "the target answered success without an account"
        found = await self._search_own(operation, wanted, cause, trace)
        if found.account is None and not found.conflict:
            return Ending(
                OutcomeResult.FAILED,
                detail=f"{cause}, and shows none",
            )
        return await self._settle(wanted, found, True, trace)

    async def _refused(
        self,
        operation: Operation,
        wanted: Mapping[str, Value],
        error: TargetRefused,
        unanswered: bool,
        trace: Trace,
    ) -> Ending:
        """Refused: because the account is there already, or for another reason?"""
        taken = isinstance(error, UniquenessConflict)
        if not taken and error.status not in (400, 422):
            raise error
        looks = LOOKS_FOR_OWN if unanswered else 1
        for attempt in range(1, looks + 1):
            if unanswered:
                found = await self._search_own(operation, wanted, error.message, trace)
            else:
                found = await self._search(operation, wanted, trace, by_name_alone=not taken)
            if found.account is not None or found.conflict:
                return await self._settle(wanted, found, unanswered, trace)
            if attempt < looks:
                await self._client.clock.sleep(wait_s(attempt, error))
        if not taken:
            raise error
        return Ending(
            OutcomeResult.UNKNOWN if unanswered else OutcomeResult.FAILED,
            detail="hidden account: the target says that userName or another unique value is "
            "taken, and shows no account that has it",
        )

    async def _settle(
        self, wanted: Mapping[str, Value], found: Found, unanswered: bool, trace: Trace
    ) -> Ending:
        """An account was found: ours by an unanswered write, the person's own, or a conflict."""
        if found.account is None:
            return Ending(OutcomeResult.CONFLICT, found.account_id, detail=found.conflict)
        account_id = resource_id(found.account)
        differing = self._projection.differing(found.account, wanted)
        if not differing:
            result = OutcomeResult.SETTLED if unanswered else OutcomeResult.ALREADY
            return as_meant(result, found.account, self._projection.compared(wanted))
        changes = {path: wanted[path] for path in differing}
        before = {path: self._projection.value(found.account, path) for path in differing}
        return await self._changer.change(account_id, changes, before, trace)

    async def _search_own(
        self, operation: Operation, wanted: Mapping[str, Value], cause: str, trace: Trace
    ) -> Found:
        """Look for an account that we may have made; where that fails, its end is not known."""
        try:
            return await self._search(operation, wanted, trace)
        except (TargetUnavailable, TargetRefused, AnswerUnreadable) as error:
            raise OutcomeUnknown(
                f"{cause}; then it could not be looked up: {error.message}", status=error.status
            ) from None

    async def _search(
        self,
        operation: Operation,
        wanted: Mapping[str, Value],
        trace: Trace,
        *,
        by_name_alone: bool = False,
    ) -> Found:
        """Look the person up by userName and externalId.

        `by_name_alone` is for refusals that probably have another reason: a target that cannot
        filter by externalId would be read whole for each of them.
        """
        external_id = self._projection.value(wanted, "externalId")
        by_name = await self._client.find_by_user_name(operation.user_name, trace=trace)
        by_external_id: tuple[dict[str, Any], ...] = ()
        shown = [self._projection.value(user, "externalId") for user in by_name]
        if isinstance(external_id, str) and external_id not in shown and not by_name_alone:
            by_external_id = await self._client.find_by_external_id(external_id, trace=trace)
        return judge(
            by_name,
            by_external_id,
            external_id,
            self._owners,
            operation.worker_key,
            self._protected,
        )
