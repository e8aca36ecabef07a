"""`deployments`: what Prefect runs by itself, when, and on which workers."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, ValidationInfo, field_validator, model_validator

from data_contracts.configuration.strict import Section
from data_contracts.configuration.times import Cron, TimeZone
from data_contracts.words import IfBusy

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}$")]


class Schedule(Section):
    """When something runs, and what becomes of it while another run works on the target."""

    cron: Cron
    """Minute, hour, day of the month, month, day of the week (`30 2 * * *`: 02:30 every day)."""
    active: bool = True
    """Whether it runs by itself; if not, the schedule is there and can be switched on in the UI."""
    if_busy: IfBusy = IfBusy.WAIT
    """While another run works on the target: `wait` for it, `cancel` this one since the next will
    do, or `refuse` (this one ends as failed)."""


class Schedules(Section):
    """When each deployment runs by itself. `null`: only when somebody starts it.

    What a schedule does not say keeps its default: `sync: {cron: "0 4 * * *"}` still waits.
    """

    sync: Schedule | None = Schedule(cron="30 2 * * *")
    """The full sync, every night."""
    leaver_sweep: Schedule | None = Schedule(cron="5 * * * *", if_busy=IfBusy.CANCEL)
    """Deactivations alone, every hour."""
    drift_report: Schedule | None = Schedule(cron="0 6 * * mon")
    """Where the target differs from what is desired, every week; writes nothing and waits for
    nobody."""

    prune: Schedule | None = Schedule(cron="40 4 * * sun")
    """What is over its time is removed, every week; only where `ledger.keep_values_days` or
    `ledger.keep_runs_days` says when that is."""
    export_watch: Schedule | None = None
    """A look whether an export has arrived, such as every ten minutes (`*/10 * * * *`); see
    `on_arrival`."""

    @field_validator("*", mode="before")
    @classmethod
    def _over_the_default(cls, given: object, info: ValidationInfo) -> object:
        default = cls.model_fields[str(info.field_name)].default
        if not isinstance(default, Schedule) or not isinstance(given, dict):
            return given
        return {**default.model_dump(), **given}


class Deployments(Section):
    """What `scimflow deploy` and `scimflow serve` tell Prefect."""

    time_zone: TimeZone | None = None
    """Zone of the schedules; `lifecycle.time_zone` when not given."""
    schedules: Schedules = Schedules()
    """When what runs."""
    on_arrival: Literal["nothing", "check", "sync"] = "sync"
    """When an export has arrived: nothing, its check, or its check and then a sync."""
    work_pool: Name = "scimflow"
    """Work pool whose workers run the deployments; made when it is missing."""
    pool_type: Literal["process", "docker"] = "process"
    """How workers of the pool run: as processes, or each run in a container of its own."""
    image: str | None = None
    """Image of a run's container, with `pool_type: docker`."""
    job_variables: dict[str, JsonValue] = Field(default_factory=dict)
    """Further variables of the pool's jobs (`volumes`, `networks`, `env`). Prefect keeps them in
    clear text: no secret."""
    configuration: str | None = None
    """Path of scimflow.yaml on the workers; where it is now when not given."""
    tags: tuple[Name, ...] = ()
    """Further tags of every deployment and its runs."""

    @property
    def variables(self) -> dict[str, JsonValue]:
        """The variables of the pool's jobs, the image among them."""
        image: dict[str, JsonValue] = {} if self.image is None else {"image": self.image}
        return {**self.job_variables, **image}

    @model_validator(mode="after")
    def _image_goes_with_containers(self) -> "Deployments":
        if (self.image is None) == (self.pool_type == "docker"):
            raise ValueError("`image` goes with `pool_type: docker`, and that needs one")
        return self
