"""One day of one company, for tests of what people and machines read about it.

Values of personal attributes are in SECRETS, so that a rendering can be searched for them.
"""

from dataclasses import replace
from datetime import UTC, date, datetime

from data_contracts.batch import ContractReport, QuarantinedRow, RuleResult
from data_contracts.explanation import ExplainedAttribute, ExplainedRow, Explanation
from data_contracts.finding import Finding
from data_contracts.health import HealthCheck, HealthState
from data_contracts.outcome import (
    HistoryEntry,
    HttpExchange,
    LoadReport,
    Outcome,
    RunRecord,
)
from data_contracts.plan import (
    Adoption,
    GuardrailResult,
    Operation,
    Plan,
    PlanBasis,
    RowReference,
    SourceBasis,
)
from data_contracts.words import (
    BatchVerdict,
    CorrelationKey,
    FindingSeverity,
    OperationKind,
    OutcomeResult,
    RunState,
    Severity,
    Verdict,
)

AT = datetime(2026, 3, 2, 6, 0, 0, tzinfo=UTC)
RUN_ID = "20260302-060000-a1b2"
DEPARTMENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
ROLE = "roles[primary eq true].value"
WORK_EMAIL = 'emails[type eq "work"].value'

SECRETS = (
    "Zebulon",
    "Quartermaine",
    "Halloran",
    "Chief Whisperer",
    "Deputy Whisperer",
    "Moonlight",
    "former.name@acme.test",
    "private.mail@acme.test",
    "EXT-4711",
    "held.back@acme.test",
)
"""Values of personal attributes: none may stand in a rendering that is not asked for them."""


def row(line: int, source: str = "hr") -> RowReference:
    return RowReference(source=source, line=line)


LEAVER = Operation(
    kind=OperationKind.DEACTIVATE,
    worker_key="1001",
    account_id="acc-1",
    user_name="ann.lee@acme.test",
    reason="leaver",
    explanation="the export says that the person has left",
    attributes={"active": False},
    before={"active": True},
    fingerprint="sha256:1",
    correlated_by=CorrelationKey.LINK,
    rows=(row(2),),
)
MOVER = Operation(
    kind=OperationKind.UPDATE,
    worker_key="1002",
    account_id="acc-2",
    user_name="bo.chen@acme.test",
    reason="renamed",
    explanation=f"differs from the export: userName, title, department, {ROLE}",
    attributes={
        "userName": "bo.chen@acme.test",
        "title": "Chief Whisperer",
        DEPARTMENT: "Moonlight",
        ROLE: "admin",
    },
    before={
        "userName": "former.name@acme.test",
        "title": "Deputy Whisperer",
        DEPARTMENT: None,
        ROLE: "maker",
    },
    fingerprint="sha256:2",
    correlated_by=CorrelationKey.LINK,
    rows=(row(3), row(7, "idp")),
)
REHIRE = Operation(
    kind=OperationKind.REACTIVATE,
    worker_key="1003",
    account_id="acc-3",
    user_name="cy.diaz@acme.test",
    reason="rehire",
    explanation="employed again, after scimflow had deactivated the account; differs too: title",
    attributes={"active": True, "title": "Chief Whisperer"},
    before={"active": False, "title": ""},
    fingerprint="sha256:3",
    correlated_by=CorrelationKey.LINK,
    rows=(row(4),),
)
JOINER = Operation(
    kind=OperationKind.CREATE,
    worker_key="1004",
    account_id=None,
    user_name="di.evans@acme.test",
    reason="joiner",
    explanation="employed, and has no account yet",
    attributes={
        "active": True,
        "userName": "di.evans@acme.test",
        "name.givenName": "Zebulon",
        "name.familyName": "Quartermaine",
        WORK_EMAIL: "private.mail@acme.test",
        "externalId": "EXT-4711",
        ROLE: "maker",
    },
    rows=(row(5),),
)
ADOPTION = Adoption(
    worker_key="1005",
    account_id="acc-5",
    user_name="ed.fox@acme.test",
    external_id="EXT-4711",
    correlated_by=CorrelationKey.USER_NAME,
)
FINDINGS = (
    Finding(
        code="login-without-worker",
        severity=FindingSeverity.INFO,
        subject="idp:9",
        message="line 9 of idp belongs to nobody in hr",
    ),
    Finding(
        code="user-name-shared",
        severity=FindingSeverity.CRITICAL,
        subject="1010",
        message="another person has the same userName",
        hint="two rows for one person, or one address for two: correct the source",
    ),
)
SAFE_GUARDRAIL = GuardrailResult(
    name="creates",
    verdict=Verdict.SAFE,
    actual=2,
    limit=500,
    population=100,
    message="creates: 2 accounts would be created or reactivated, beside 100 managed and active; "
    "the limit is 500 (max)",
)
HELD_GUARDRAIL = GuardrailResult(
    name="deactivations",
    verdict=Verdict.HELD,
    actual=47,
    limit=5,
    population=100,
    message="deactivations: 47 accounts would be deactivated, of 100 managed and active; the limit "
    "is 5 (max_fraction 0.05)",
)
REFUSED_GUARDRAIL = GuardrailResult(
    name="min_admins",
    verdict=Verdict.REFUSED,
    actual=0,
    limit=1,
    population=2,
    message="min_admins: 0 active admins would remain, of 2 now; at least 1 must",
)
BASIS = PlanBasis(
    sources={
        "hr": SourceBasis(
            path="exports/hr.csv",
            digest="sha256:aa",
            contract="generic-hr",
            contract_version="1.0.0",
            rows=101,
            accepted=99,
        )
    },
    configuration="sha256:bb",
    target="sha256:cc",
    target_accounts=104,
    links="sha256:dd",
)


def plan(
    *operations: Operation,
    adoptions: tuple[Adoption, ...] = (),
    findings: tuple[Finding, ...] = (),
    guardrails: tuple[GuardrailResult, ...] = (SAFE_GUARDRAIL,),
) -> Plan:
    return Plan(
        target="acme",
        as_of=date(2026, 3, 2),
        basis=BASIS,
        operations=operations,
        adoptions=adoptions,
        findings=findings,
        guardrails=guardrails,
        counts={"people": 101, "accounts": 104},
    )


def everything(*guardrails: GuardrailResult) -> Plan:
    """A plan with something of each kind."""
    return plan(
        LEAVER,
        MOVER,
        REHIRE,
        JOINER,
        adoptions=(ADOPTION,),
        findings=FINDINGS,
        guardrails=(*guardrails, SAFE_GUARDRAIL),
    )


def joiners(count: int) -> Plan:
    return plan(
        *(
            replace(JOINER, worker_key=f"J{i:06}", user_name=f"joiner{i}@acme.test")
            for i in range(count)
        )
    )


REPORT = ContractReport(
    source="hr",
    path="exports/hr.csv",
    digest="sha256:aa",
    contract="generic-hr",
    contract_version="1.0.0",
    verdict=BatchVerdict.ACCEPTED_WITH_QUARANTINE,
    rows_read=101,
    rows_accepted=99,
    rules=(
        RuleResult(
            rule_id="email-given",
            severity=Severity.QUARANTINE,
            columns=("email",),
            description="everybody has an e-mail address",
            failing=2,
            lines=(12, 13),
        ),
        RuleResult(
            rule_id="id-unique",
            severity=Severity.REFUSE,
            columns=("employee_id",),
            description="nobody stands twice",
            failing=0,
        ),
    ),
    quarantined=(
        QuarantinedRow(
            source="hr",
            line=12,
            rule_ids=("email-given",),
            reasons=("everybody has an e-mail address",),
            worker_key="1020",
            identities=("held.back@acme.test",),
        ),
        QuarantinedRow(
            source="hr",
            line=13,
            rule_ids=("malformed",),
            reasons=("8 fields were expected, 9 came",),
            worker_key=None,
        ),
    ),
    warnings=("2 columns are unknown to the contract",),
)
REFUSED_REPORT = ContractReport(
    source="idp",
    path="exports/idp.csv",
    digest="sha256:ee",
    contract="okta-users",
    contract_version="2.1.0",
    verdict=BatchVerdict.REFUSED,
    rows_read=40,
    rows_accepted=0,
    rules=(),
    quarantined=(),
    refusals=("column `status` is missing",),
)
POST = HttpExchange("POST", "/Users", 409, 31, "write", AT)
LOOK = HttpExchange("GET", "/Users?filter=userName eq ...", None, 30000, "look-up", AT)


def outcome(operation: Operation, result: OutcomeResult, detail: str = "") -> Outcome:
    return Outcome(
        operation_id=operation.operation_id,
        worker_key=operation.worker_key,
        kind=operation.kind,
        result=result,
        account_id=operation.account_id or "acc-new",
        detail=detail,
        exchanges=(POST, LOOK) if detail else (),
    )


LOAD = LoadReport(
    outcomes=(
        outcome(LEAVER, OutcomeResult.APPLIED),
        outcome(MOVER, OutcomeResult.ALREADY),
        outcome(REHIRE, OutcomeResult.SETTLED),
        outcome(JOINER, OutcomeResult.CONFLICT, "somebody else's account has this userName"),
    ),
    requests=9,
    throttled=1,
    elapsed_s=1.25,
)


def run(state: RunState = RunState.COMPLETED, message: str = "1 deactivated") -> RunRecord:
    return RunRecord(
        run_id=RUN_ID,
        flow="sync-users",
        target="acme",
        as_of="2026-03-02",
        started_at=AT,
        ended_at=AT.replace(second=12),
        state=state,
        message=message,
        counts={"to_deactivate": 47},
    )


HISTORY = (
    HistoryEntry(
        at=AT,
        run_id=RUN_ID,
        worker_key="1004",
        account_id="acc-4",
        kind="create",
        reason="joiner",
        explanation="employed, and has no account yet",
        changed=("active", "userName", DEPARTMENT),
        result="applied",
        verified="7 attributes compared, all as meant",
        rows=("hr:5",),
        exchanges=(HttpExchange("POST", "/Users", 201, 120, "write", AT),),
    ),
    HistoryEntry(
        at=AT.replace(day=3),
        run_id="20260303-060000-c3d4",
        worker_key="1004",
        account_id="acc-4",
        kind="update",
        reason="mover",
        explanation="differs from the export: title",
        changed=("title",),
        result="failed",
        detail="the target answered 400",
        exchanges=(HttpExchange("PATCH", "/Users/acc-4", 400, 40, "write", AT),),
    ),
    HistoryEntry(
        at=AT.replace(day=4),
        run_id="20260304-060000-e5f6",
        worker_key="1004",
        account_id="acc-4",
        kind="update",
        reason="mover",
    ),
)
EXPLANATION = Explanation(
    person="di.evans@acme.test",
    worker_key="1004",
    rows=(
        ExplainedRow("hr", "exports/hr.csv", 5, "generic-hr 1.0.0", "accepted"),
        ExplainedRow(
            "idp", "exports/idp.csv", 8, "okta-users 2.1.0", "quarantined", ("the login is empty",)
        ),
    ),
    state="active",
    presence="present",
    reason="joiner",
    in_scope=True,
    attributes=(
        ExplainedAttribute("userName", "email | trim | lower", "di.evans@acme.test", "always"),
        ExplainedAttribute("name.givenName", "given_name", "Zebulon", "always"),
        ExplainedAttribute(DEPARTMENT, "department", "Moonlight", "create"),
        ExplainedAttribute("title", "title", None, "always"),
        ExplainedAttribute("nickName", "nick_name", "", "always"),
    ),
    role="maker",
    role_rule="roles.rules.0",
    account_id="acc-4",
    findings=FINDINGS[1:],
    history=HISTORY,
)
CHECKS = (
    HealthCheck("settings", HealthState.OK, "scimflow.yaml is in order"),
    HealthCheck("clock", HealthState.WARNING, "90 s behind the target", "set the clock"),
    HealthCheck("token", HealthState.FAILED, "TOKEN is not set", "set it to the access token"),
    HealthCheck("target: Users", HealthState.SKIPPED, "needs a token"),
)
