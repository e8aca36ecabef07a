"""The plan: what would be done to whom and why, as a frozen value with a digest.

A plan holds no clock time and no random id: the same inputs give the same plan byte for byte, and
the digest names exactly what was reviewed.
"""

import operator
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from data_contracts.canonical import digest_of_pieces
from data_contracts.errors import ConfigurationError
from data_contracts.finding import Finding
from data_contracts.team_plan import TeamAdoption, TeamOperation
from data_contracts.words import CorrelationKey, OperationKind, Verdict

PLAN_FORMAT = "scimflow-plan/1"

PIECE = 10_000
"""Operations written at a time: some megabytes of JSON; a million people's plan has hundreds."""

Value = str | bool

_NOBODY: dict[str, str] = {}
"""The references of the many operations that refer to nobody: one for all of them."""

_STRICT = ConfigDict(extra="forbid")


def _is_empty(value: object) -> bool:
    """What a plan does not say that has none of it: its bytes are those of one that knows none."""
    return not value


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class RowReference:
    """The row of an export that something comes from: source name and line in the file."""

    source: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Operation:
    """One change to one account.

    There may be a million: with slots one takes a third of the memory of a pydantic model, and is
    checked by pydantic all the same.

    Attributes:
        kind: What is done.
        worker_key: Whose account.
        account_id: SCIM id; None for a create.
        user_name: The account's login after the operation.
        reason: Why, as a short code (`joiner`, `leaver`, `mover`, `rehire`, `drift` ...).
        explanation: Why, in words, without personal values.
        attributes: What is written, by attribute path: everything mapped for a create, the changed
            attributes otherwise (empty text clears); `active` where it changes.
        references: Whose account an attribute refers to, as a worker key, by attribute path (a
            manager). In `attributes` is that account's id, when there is one already; when not, the
            same plan creates it, and the loader puts its id in.
        before: What the target holds now for the changed attributes; absent ones as None.
        fingerprint: Digest of the account as planned against; None for a create.
        correlated_by: How the account was found to be this person's; None for a create.
        rows: The rows of the exports that led here.
        role: The role that is written; "" when none is.
        role_rule: The settings' path of what decided that role (`roles.rules.0`).
        due: For a deactivation: when access should have ended, which is the end of the last day in
            the person's own time zone; None where the export does not say.
    """

    kind: OperationKind
    worker_key: str
    account_id: str | None
    user_name: str
    reason: str
    explanation: str
    attributes: dict[str, Value]
    references: dict[str, str] = Field(default_factory=lambda: _NOBODY, exclude_if=operator.not_)
    before: dict[str, Value | None] = Field(default_factory=dict)
    fingerprint: str | None = None
    correlated_by: CorrelationKey | None = None
    rows: tuple[RowReference, ...] = ()
    role: str = Field(default="", exclude_if=_is_empty)
    role_rule: str = Field(default="", exclude_if=_is_empty)
    due: datetime | None = Field(default=None, exclude_if=_is_empty)

    @property
    def operation_id(self) -> str:
        """Unique in a plan: one person has at most one operation."""
        return f"{self.kind}/{self.worker_key}"

    @property
    def awaited(self) -> dict[str, str]:
        """Whose accounts have to be created before this is complete: worker keys by path."""
        if not self.references:
            return self.references
        return {path: key for path, key in self.references.items() if path not in self.attributes}

    def with_accounts(self, ids: Mapping[str, str]) -> Self:
        """The same operation with the ids of accounts that it refers to.

        Args:
            ids: Account ids by attribute path.
        """
        return replace(self, attributes={**self.attributes, **ids})


PlannedOperation = Operation | TeamOperation
"""Whatever is carried out as one step with an intent before it and an outcome after it."""


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Adoption:
    """An account that was there already and is from now on managed for this person.

    Writes nothing at the target by itself; the ledger keeps the link. `left`: the person has left
    and the account is inactive, as scimflow would have made it: in a ledger that is rebuilt, and
    of somebody who comes back under another key. `taken_from`: the worker key that the person had
    before, and whose account it was.
    """

    worker_key: str
    account_id: str
    user_name: str
    external_id: str | None
    correlated_by: CorrelationKey
    left: bool = Field(default=False, exclude_if=operator.not_)
    taken_from: str | None = Field(default=None, exclude_if=operator.not_)


class GuardrailResult(_Frozen):
    """What one guardrail says of the plan.

    Attributes:
        name: The guardrail, by its key in scimflow.yaml (`guardrails.deactivations`).
        verdict: Safe, held or refused.
        actual: What the plan would do (a count).
        limit: The most that is allowed; None when there is no limit.
        population: What the share is taken of.
        message: The same in one sentence, naming limit and numbers.
    """

    name: str
    verdict: Verdict
    actual: int
    limit: int | None
    population: int
    message: str


class SourceBasis(_Frozen):
    """Which delivery of a source a plan was made from.

    `corrections` names the corrections of quarantined rows that it was read with; it is not there
    when there are none.
    """

    path: str
    digest: str
    contract: str
    contract_version: str
    rows: int
    accepted: int
    corrections: str = Field("", exclude_if=lambda digest: not digest)


class PlanBasis(_Frozen):
    """Everything a plan was made from: when one of these moves, the plan is stale.

    Attributes:
        sources: By name of the source.
        configuration: Digest of what the settings say about people (not of tokens or folders).
        target: Digest of the target's accounts, projected on what is compared.
        target_accounts: How many accounts there were.
        links: Digest of the ledger's account links.
        teams: Digest of the target's teams and the ledger's links to them; "" without `teams`.
        beside: Deliveries of other days that it was held against or folded from, by `DAY/SOURCE`;
            not there but for a plan of a backfill.
    """

    sources: dict[str, SourceBasis]
    configuration: str
    target: str
    target_accounts: int
    links: str
    teams: str = Field(default="", exclude_if=_is_empty)
    beside: dict[str, SourceBasis] = Field(default_factory=dict, exclude_if=_is_empty)


_LONG: Mapping[str, TypeAdapter[Any]] = {
    "operations": TypeAdapter(tuple[Operation, ...]),
    "adoptions": TypeAdapter(tuple[Adoption, ...]),
}
"""The fields of a plan, in their order, that may have an entry for each person."""


_WORDS = dict.fromkeys(("extra_forbidden", "unexpected_keyword_argument"), "no such field is known")
"""Words for what pydantic says of models and of dataclasses in two ways, one of them Python's."""


class Plan(_Frozen):
    """What would be done, why, and whether the guardrails let it.

    Attributes:
        target: Name of the target.
        as_of: The date for which lifecycle states were worked out.
        zone_days: The day in each time zone of people that has another one at the same moment.
        only: Worker keys of those for whom it was made; None when it is for everybody.
        kinds: The kinds of operations that it was restricted to; None when it is for all.
        basis: What it was made from.
        operations: Leavers first, then by worker key.
        adoptions: By worker key.
        team_operations: Renames first, then new teams, then members; each by team key.
        team_adoptions: By team key.
        findings: By code, then subject.
        guardrails: One result for each guardrail, in the order of scimflow.yaml.
        counts: How many people are in each presence, and further numbers for the report.
    """

    format: Literal["scimflow-plan/1"] = "scimflow-plan/1"
    target: str
    as_of: date
    zone_days: dict[str, date] = Field(default_factory=dict)
    only: tuple[str, ...] | None = None
    kinds: tuple[OperationKind, ...] | None = Field(None, exclude_if=_is_empty)
    basis: PlanBasis
    operations: tuple[Operation, ...]
    adoptions: tuple[Adoption, ...] = ()
    team_operations: tuple[TeamOperation, ...] = Field(default=(), exclude_if=_is_empty)
    team_adoptions: tuple[TeamAdoption, ...] = Field(default=(), exclude_if=_is_empty)
    findings: tuple[Finding, ...] = ()
    guardrails: tuple[GuardrailResult, ...] = ()
    counts: dict[str, int] = Field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The worst of the guardrails' verdicts."""
        found = {g.verdict for g in self.guardrails}
        for verdict in (Verdict.REFUSED, Verdict.HELD):
            if verdict in found:
                return verdict
        return Verdict.SAFE

    @property
    def is_whole(self) -> bool:
        """Whether it tells everything that is to be done: for everybody, and of every kind."""
        return self.only is None and self.kinds is None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done: no operation and no adoption, of accounts or teams."""
        return not self.is_out_of_step and not self.adoptions and not self.team_adoptions

    @property
    def is_out_of_step(self) -> bool:
        """Whether something is to be written at the target."""
        return bool(self.operations or self.team_operations)

    @property
    def everything_to_write(self) -> tuple[PlannedOperation, ...]:
        """Operations on accounts and then on teams, in the order in which they are done."""
        return (*self.operations, *self.team_operations)

    def count(self, kind: OperationKind) -> int:
        """How many operations of this kind there are."""
        return sum(1 for operation in self.operations if operation.kind is kind)

    def to_bytes(self) -> bytes:
        """Write the plan as JSON: equal plans give equal bytes.

        Fields stand in their declared order and attributes as the planner sorted them.
        """
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Write the plan as JSON piece by piece: what `to_bytes` writes, and never whole in memory.

        Yields:
            UTF-8 bytes, some megabytes at a time.
        """
        short = self.model_copy(update=dict.fromkeys(_LONG, ()))
        rest = short.__pydantic_serializer__.to_json(short)
        for name, adapter in _LONG.items():
            # quotes inside of text are escaped: this can be nothing but the emptied field
            start, empty, rest = rest.partition(f'"{name}":[]'.encode())
            yield start + empty[:-1]
            several = getattr(self, name)
            for first in range(0, len(several), PIECE):
                part = adapter.dump_json(several[first : first + PIECE])
                yield b"," * bool(first) + part[1:-1]
            yield empty[-1:]
        yield rest

    @cached_property
    def digest(self) -> str:
        """Names this plan: what was reviewed under this digest is what is carried out."""
        return digest_of_pieces(self.pieces())

    @classmethod
    def from_bytes(cls, data: bytes, *, origin: str = "the plan") -> Self:
        """Read a saved plan.

        Args:
            data: What `to_bytes` wrote.
            origin: Where the bytes come from, for the message.

        Raises:
            ConfigurationError: It is not a plan, or one of another format.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the document"
            what = _WORDS.get(first["type"], first["msg"])
            raise ConfigurationError(
                f"{origin} is not a plan of the format {PLAN_FORMAT}: {where}: {what}",
                hint="make one with `scimflow plan -o PLAN`",
            ) from None
