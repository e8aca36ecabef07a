"""What a person can do now: in words, with the commands."""

import shlex
from dataclasses import dataclass

from data_contracts.plan import Plan
from data_contracts.words import RunState, Verdict


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a person can do now.

    Attributes:
        text: In words; "" when there is nothing to do.
        commands: The commands for it, in order.
    """

    text: str
    commands: tuple[str, ...] = ()


_AFTER_REFUSAL = NextStep(
    "Remove the cause in the export, at the target or in scimflow.yaml, then plan again:",
    ("scimflow plan -o PLAN",),
)
_AFTER_MOVE = NextStep(
    "What was reviewed is no longer what would happen. Make and review a new plan:",
    ("scimflow plan -o PLAN", "scimflow apply PLAN"),
)


def next_step_of_plan(plan: Plan, reference: str | None = None) -> NextStep:
    """What to do about a plan that was made.

    Args:
        plan: The plan.
        reference: The run that made it, or the file that it is saved in; without one it has to be
            saved first.
    """
    name = shlex.quote(reference) if reference else "PLAN"
    save = () if reference else ("scimflow plan -o PLAN",)
    if plan.verdict is Verdict.REFUSED:
        return _AFTER_REFUSAL
    if plan.verdict is Verdict.HELD:
        return NextStep(
            "After a look at each operation, whoever answers for it approves exactly this plan:",
            (*save, f"scimflow approve {name}", f"scimflow apply {name}"),
        )
    if plan.is_empty:
        return NextStep("")
    return NextStep(
        "A sync carries this out by itself; a plan is carried out, exactly as it is here, by:",
        (*save, f"scimflow apply {name}"),
    )


_STEPS_OF_STATES = {
    RunState.HELD: (
        "After a look at each operation, whoever answers for it approves exactly this plan:",
        ("scimflow approve {run}", "scimflow apply {run}"),
    ),
    RunState.REFUSED_BY_CONTRACT: (
        "Ask for a corrected export; the verdict rule by rule, without touching the target:",
        ("scimflow check",),
    ),
    RunState.PARTLY_APPLIED: (
        "The next sync tries again what was not done. Who it is, one of them in full, and all of "
        "them again now:",
        ("scimflow history {run}", "scimflow explain PERSON", "scimflow retry {run}"),
    ),
    RunState.FAILED: (
        "What was done before it failed, and what is not well:",
        ("scimflow history {run}", "scimflow doctor"),
    ),
    RunState.COMPLETED_WITH_QUARANTINE: (
        "Have the rows that were set aside corrected in their source; those people keep what they "
        "have until then. Rows and reasons:",
        ("scimflow check",),
    ),
}


def next_step_of_run(state: RunState, run_id: str, plan: Plan | None) -> NextStep:
    """What to do about a run that ended so.

    Args:
        state: How it ended.
        run_id: The run.
        plan: The plan, if the run came so far.
    """
    if state is RunState.REFUSED:
        by_guardrail = plan is not None and plan.verdict is Verdict.REFUSED
        return _AFTER_REFUSAL if by_guardrail else _AFTER_MOVE
    text, commands = _STEPS_OF_STATES.get(state, ("", ()))
    if state is RunState.HELD and plan is not None and plan.basis.beside:
        commands = ("scimflow approve {run}", "scimflow backfill --from FIRST --to LAST")
    return NextStep(text, tuple(command.format(run=run_id) for command in commands))
