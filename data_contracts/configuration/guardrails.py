"""`guardrails`: how much one run may change before a person has to say yes."""

from typing import Annotated, Any

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from data_contracts.configuration.strict import Section

Count = Annotated[int, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Limit(Section):
    """The most that one run may do of one thing. All given limits hold at the same time."""

    max: Count | None = None
    """Absolute limit; none: no absolute limit."""
    max_fraction: Fraction | None = None
    """Limit as a share of the population; none: no relative limit."""
    small_population: Count = 20
    """Below so many people a share says nothing: `max_when_small` stands in its place."""
    max_when_small: Count = 3
    """Limit that stands in the place of the share when the population is small."""

    @model_validator(mode="after")
    def _small_rule_needs_a_share(self) -> "Limit":
        lonely = self.model_fields_set & {"small_population", "max_when_small"}
        if self.max_fraction is None and lonely:
            raise ValueError(f"`{min(lonely)}` goes with `max_fraction`; alone it limits nothing")
        return self

    @model_serializer(mode="wrap")
    def _as_given(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write what could be given again: no small rule where there is no share.

        A limit that is none is written out, since leaving it out means the default.
        """
        small = ("small_population", "max_when_small") if self.max_fraction is None else ()
        written = {"max": None, "max_fraction": None, **write(self)}
        return {name: value for name, value in written.items() if name not in small}

    def allowed(self, population: int) -> int | None:
        """The most that is allowed for a population; None when nothing limits it.

        Args:
            population: What the share is taken of, >= 0.

        >>> Limit(max=50, max_fraction=0.05).allowed(1000)
        50
        >>> Limit(max=50, max_fraction=0.05).allowed(200)
        10
        >>> Limit(max=50, max_fraction=0.05).allowed(10)
        3
        """
        limits = [] if self.max is None else [self.max]
        if self.max_fraction is not None:
            small = population < self.small_population
            # the epsilon keeps 0.29 * 100 at 29, which binary fractions put just below
            share = int(self.max_fraction * population + 1e-9)
            limits.append(self.max_when_small if small else share)
        return min(limits, default=None)


class Guardrails(Section):
    """Limits over the whole plan, judged before the first write.

    What a limit does not say keeps its default: `deactivations: {max: 100}` leaves the share of 5 %
    in force. `null` switches a part off: `{max_fraction: null}`.
    """

    deactivations: Limit = Limit(max=50, max_fraction=0.05)
    """Active managed accounts that lose access; share of the active managed accounts."""
    creates: Limit = Limit(max=500)
    """New and reactivated accounts; share of the active managed accounts."""
    updates: Limit = Limit(max=1000, max_fraction=0.5)
    """Accounts whose attributes change; share of the active managed accounts."""
    role_upgrades: Limit = Limit(max=10)
    """Accounts that get a more powerful role than they have (or than the default, when new)."""
    adoptions: Limit = Limit()
    """Accounts, there already, that come under management; share of all accounts."""
    team_creates: Limit = Limit(max=20)
    """New teams; share of the managed teams."""
    team_removals: Limit = Limit(max=100, max_fraction=0.2)
    """Members that managed teams lose; share of the managed people's memberships in them."""
    source_shrinkage: Limit = Limit(max_fraction=0.1)
    """Rows fewer than in the last accepted delivery of the same source; share of that delivery."""
    seats: Count | None = None
    """Paid seats of the workspace: active accounts with a role of `roles.paid` after the run."""
    min_admins: Count = 1
    """Active accounts with a role of `roles.admin` that must remain. Fewer cannot be approved away;
    so many of which the plan first makes some are held."""

    @field_validator("*", mode="before")
    @classmethod
    def _over_the_default(cls, given: object, info: ValidationInfo) -> object:
        """Lay what is given over the default: naming one limit must not lift another one."""
        default = cls.model_fields[str(info.field_name)].default
        if not isinstance(default, Limit) or not isinstance(given, dict):
            return given
        return {**default.model_dump(exclude_defaults=True), **given}
