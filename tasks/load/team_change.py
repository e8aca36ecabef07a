"""One team changed: renamed, members added and removed. Written, read back, or found out.

A lost answer or a 5xx is looked at before anything is repeated. One member whom the target refuses
does not keep the others out.
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
from data_contracts.words import OutcomeResult
from tasks.load.change import given_up, is_ambiguous
from tasks.load.ending import Ending
from tasks.load.team_writer import TeamChange, TeamWriter
from tasks.scim.client import ScimClient
from tasks.scim.retry import wait_s
from tasks.scim.wire import Trace

NAMED = 5
"""Refused members that an outcome names; the plan has the others."""

_ABOUT_A_MEMBER = frozenset({400, 404, 409, 422})


class TeamChanger:
    """Changes teams and makes sure that it happened.

    Args:
        client: Of the target.
        writer: Writes in this target's way.
    """

    def __init__(self, client: ScimClient, writer: TeamWriter) -> None:
        self._client = client
        self._writer = writer

    async def change(self, team_id: str, wanted: TeamChange, trace: Trace) -> Ending:
        """Write changes until they are there, as long as `request_budget_s` lets it.

        Args:
            team_id: Which team.
            wanted: What is to be different.
            trace: Where exchanges are noted.

        Raises:
            TargetError: It was refused; or it failed, a look showed that it did not happen, and the
                time is up; or it could not be looked at.
        """
        clock = self._client.clock
        deadline = clock.monotonic() + self._client.settings.request_budget_s
        left, attempt = wanted, 0
        while True:
            attempt += 1
            try:
                await self._writer.write(team_id, left, trace)
                return await self._verified(team_id, wanted, trace)
            except TargetRefused as error:
                return await self._refused(team_id, wanted, error, trace)
            except TargetError as error:
                if not is_ambiguous(error):
                    raise
                left = wanted.missing_in(await self._look(team_id, trace, error.message))
                if left.is_empty:
                    return as_meant(OutcomeResult.SETTLED, team_id, wanted)
                pause_s = wait_s(attempt, error)
                if clock.monotonic() + pause_s >= deadline:
                    look = "a look showed that not all of it was written"
                    raise given_up(error, look) from None
                await clock.sleep(pause_s)

    async def _verified(self, team_id: str, wanted: TeamChange, trace: Trace) -> Ending:
        """Read the team back; where value paths were answered and ignored, put the whole team."""
        left = wanted.missing_in(await self._look(team_id, trace, "written"))
        if not left.is_empty:
            self._writer.distrust_value_paths()
            await self._writer.write_whole(team_id, left, trace)
            left = wanted.missing_in(await self._look(team_id, trace, "written"))
        return _ending(team_id, wanted, left, "the target answered success and did not take over")

    async def _refused(
        self, team_id: str, wanted: TeamChange, error: TargetRefused, trace: Trace
    ) -> Ending:
        """Refused: because the team is gone, its name is taken, or for one member's sake?"""
        if wanted.name is not None and isinstance(error, UniquenessConflict):
            detail = f"the name is another team's at the target: {error.message}"
            return Ending(OutcomeResult.CONFLICT, team_id, detail=detail)
        try:
            left = wanted.missing_in(await self._look(team_id, trace, error.message))
        except TargetRefused as gone:
            if gone.status != 404:
                raise
            detail = "the team is gone; the next run plans it anew"
            return Ending(OutcomeResult.FAILED, team_id, detail=detail)
        moves = left.chunks(1)
        if error.status not in _ABOUT_A_MEMBER or len(moves) < 2:
            raise error
        for move in moves:
            try:
                await self._writer.write(team_id, move, trace)
            except TargetRefused as refusal:
                if refusal.status not in _ABOUT_A_MEMBER:
                    raise
        left = wanted.missing_in(await self._look(team_id, trace, "written"))
        return _ending(team_id, wanted, left, f"{error.message}, and one by one were refused")

    async def _look(self, team_id: str, trace: Trace, done: str) -> Mapping[str, Any]:
        """The team as it is now, after a write whose effect is not known."""
        try:
            current, _ = await self._client.groups.get(team_id, trace=trace)
        except (TargetUnavailable, AnswerUnreadable) as error:
            raise OutcomeUnknown(
                f"{done}; then the team could not be read: {error.message}", status=error.status
            ) from None
        return current


def as_meant(result: OutcomeResult, team_id: str, wanted: TeamChange) -> Ending:
    """The end of an operation whose team was seen to be as meant."""
    words = [] if wanted.name is None else ["the name"]
    if wanted.add:
        words.append(f"{len(wanted.add):,} in it")
    if wanted.remove:
        words.append(f"{len(wanted.remove):,} no more in it")
    return Ending(result, team_id, wanted.name, verified=f"read back: {', '.join(words)}")


def _ending(team_id: str, wanted: TeamChange, left: TeamChange, failure: str) -> Ending:
    if left.is_empty:
        return as_meant(OutcomeResult.APPLIED, team_id, wanted)
    lost = ["displayName"] if left.name is not None else []
    accounts = [*left.add, *left.remove]
    lost += ["members"] if accounts else []
    named = ", ".join(accounts[:NAMED])
    more = f" and {len(accounts) - NAMED} more" if len(accounts) > NAMED else ""
    about = f" (accounts {named}{more})" if accounts else ""
    return Ending(
        OutcomeResult.FAILED,
        team_id,
        detail=f"{failure}: {', '.join(lost)}{about}",
        verified=f"not retained: {', '.join(lost)}",
        not_retained=tuple(lost),
    )
