"""Somebody else changes an account between our reading and our writing (RFC 7644 section 3.14)."""

from collections.abc import Callable

import httpx
import pytest

from data_contracts.plan import Value
from data_contracts.scim.schema import USER_SCHEMA
from data_contracts.words import OutcomeResult
from tests.target_parts import Target, asynchronous, change, target

APPLIED, FAILED = OutcomeResult.APPLIED, OutcomeResult.FAILED
ETAGS = {"etags": True, "patch": False}


class Rival:
    """Another program, quicker than we are a number of times."""

    def __init__(self, times: int, attribute: str, value: Value) -> None:
        self.times, self.attribute, self.value = times, attribute, value
        self.target: Target | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        if request.method == "PUT" and self.target is not None and self.times:
            self.times -= 1
            store = self.target.sandbox.store
            user = store["id-1"]
            version = f'W/"{1000 + self.times}"'
            store.put(
                {**user, self.attribute: self.value, "meta": {**user["meta"], "version": version}}
            )
        return None


async def raced(rival: Rival, check: Callable[[Target], None]) -> OutcomeResult:
    async with target(sandbox=ETAGS, refuse=rival, update_with="put") as t:
        t.sandbox.service.users.seed(
            {
                "schemas": [USER_SCHEMA],
                "userName": "e1@acme.example",
                "title": "Old",
                "nickName": "Ada",
            }
        )
        rival.target = t
        [outcome] = await t.apply(change("id-1", {"title": "New"}, before={"title": "Old"}))
        check(t)
        if outcome.result is FAILED:
            assert "somebody else changed the account meanwhile" in outcome.detail
        return outcome.result


@pytest.mark.parametrize("times", [1, 2])
def test_what_the_other_one_wrote_stays_and_what_is_meant_is_written(times: int) -> None:
    def check(t: Target) -> None:
        [user] = t.users()
        assert (user["title"], user["nickName"]) == ("New", "Countess")
        assert t.requests().count("PUT 412") == times

    @asynchronous
    async def race() -> None:
        assert await raced(Rival(times, "nickName", "Countess"), check) is APPLIED

    race()


@asynchronous
async def test_when_the_other_one_wrote_what_is_meant_nothing_is_written() -> None:
    def check(t: Target) -> None:
        assert t.users()[0]["title"] == "New"
        assert t.requests().count("PUT 200") == 0

    assert await raced(Rival(1, "title", "New"), check) is OutcomeResult.ALREADY


@asynchronous
async def test_against_a_program_that_does_not_stop_the_person_s_operation_fails() -> None:
    def check(t: Target) -> None:
        assert t.users()[0]["title"] == "Old"
        assert t.requests().count("PUT 412") == 3

    assert await raced(Rival(99, "nickName", "Countess"), check) is FAILED
