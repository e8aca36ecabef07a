"""python-scim's scim2-tester judges the sandbox; what it finds must be known, and must stay."""

import random
from typing import Any

import httpx
import pytest
from scim2_client import BaseSyncSCIMClient
from scim2_tester import CheckResult, Status, check_server

from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

# Each finding of the tester that is left, by check, resource type and the subject of its message,
# with the reason why it is right that way. Productboard's restrictions come first.
MEMBERS_ARE_NEVER_DELETED = ("object_deletion", "User", "DELETE is not allowed here")
A_MEMBER_ALWAYS_HAS_A_STATE = (
    "check_remove_attribute",
    "User",
    "PATCH modify() did not remove attribute 'active'",
)
A_MEMBER_ALWAYS_HAS_A_ROLE = (
    "check_remove_attribute",
    "User",
    "PATCH modify() did not remove attribute 'roles'",
)
# RFC 7644 section 3.12 lets a service answer 501 to a search over all resource types.
NO_SEARCH_OVER_ALL_TYPES = ("search_with_attributes", "POST /.search")
# The tester writes `schemas` into the value of an extension. RFC 7643 section 3.3 knows no such
# attribute, and the strict sandbox refuses unknown ones.
NO_SCHEMAS_INSIDE_AN_EXTENSION = {
    (
        check,
        "User",
        f"Failed to {verb} attribute '{ENTERPRISE}': operation 1: "
        f"there is no attribute {ENTERPRISE}.schemas",
    )
    for check, verb in (("check_add_attribute", "add"), ("check_replace_attribute", "replace"))
}
PRODUCTBOARD = {
    MEMBERS_ARE_NEVER_DELETED,
    A_MEMBER_ALWAYS_HAS_A_STATE,
    A_MEMBER_ALWAYS_HAS_A_ROLE,
}


class _Client(BaseSyncSCIMClient):
    """scim2-client over httpx 0.28; the engine it ships wants httpx2."""

    def __init__(self, http: httpx.Client) -> None:
        super().__init__()
        self._http = http

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return True

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        return self._http.request(method, url, **kwargs)


def judge(settings: SandboxSettings) -> list[CheckResult]:
    random.seed(11)  # the tester fills attributes with random values
    with serve_in_thread(settings) as (base_url, _), httpx.Client(base_url=base_url) as http:
        return check_server(_Client(http))


def findings(results: list[CheckResult]) -> set[tuple[str, str, str]]:
    bad = (Status.ERROR, Status.CRITICAL, Status.DEVIATION)
    return {(str(r.title), str(r.resource_type), str(r.reason)) for r in results if r.status in bad}


def skipped(results: list[CheckResult]) -> set[tuple[str, str]]:
    return {
        (str(r.title), str(r.reason).partition(":")[0])
        for r in results
        if r.status is Status.SKIPPED
    }


def test_productboard_profile_deviates_from_the_standard_just_as_documented() -> None:
    results = judge(SandboxSettings(rate_limit_per_s=0))

    assert findings(results) == PRODUCTBOARD | NO_SCHEMAS_INSIDE_AN_EXTENSION
    assert skipped(results) == {NO_SEARCH_OVER_ALL_TYPES}
    assert sum(r.status is Status.SUCCESS for r in results) >= 100


@pytest.mark.thorough
def test_with_everything_switched_on_only_the_rules_for_members_remain() -> None:
    everything = SandboxSettings(
        rate_limit_per_s=0,
        teams=True,
        bulk=True,
        etags=True,
        sort=True,
        filters="all",
        strict_attributes=False,
    )
    results = judge(everything)

    assert findings(results) == PRODUCTBOARD
    assert skipped(results) == {NO_SEARCH_OVER_ALL_TYPES}
    assert any(r.resource_type == "Group" and r.status is Status.SUCCESS for r in results)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("switch", [{"patch": False}, {"put": False}])
def test_a_switched_off_method_is_noticed_by_the_judge(switch: dict[str, bool]) -> None:
    results = judge(SandboxSettings(rate_limit_per_s=0, **switch))

    replacing = {r.status for r in results if r.title == "object_replacement"}
    patching = {r.status for r in results if str(r.title).endswith("_attribute")}
    assert (replacing == {Status.ERROR}) is ("put" in switch)
    assert (patching == {Status.SKIPPED}) is ("patch" in switch)
