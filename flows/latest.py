"""What is known today: the newest accepted delivery, and older ones for whom it leaves out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from data_contracts.as_of import AsOf
from data_contracts.desired import DesiredPeople
from data_contracts.errors import BatchRefused, SourceError
from data_contracts.latest_word import LatestWord
from data_contracts.plan import SourceBasis
from flows.pipeline import Preparation, check_sources, source_basis
from tasks.plan.latest import add_older


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """The newest word on each person, and from which day on it is that day's own.

    Attributes:
        word: The newest word; None when no delivery is accepted.
        newest: The day of the newest accepted delivery.
    """

    word: LatestWord | None
    newest: date | None

    def beyond(self, day: date) -> LatestWord | None:
        """What newer deliveries than a day's own say; None where there is none."""
        return None if self.newest is None or day >= self.newest else self.word


async def find_latest(preparation: Preparation, days: Sequence[date]) -> Known:
    """Read the newest accepted delivery, and further back what it does not say.

    Args:
        preparation: Settings, stages, the ledger; `as_of` is the present day, by which everybody's
            state is judged.
        days: Days that have a delivery of the employment source.

    Returns:
        What is known. A delivery that declares itself complete has a word on everybody; where
        absence from it says nothing, older ones are read for whom it leaves out.
    """
    newest: date | None = None
    word: LatestWord | None = None
    for day in sorted(days, reverse=True):
        sources: dict[str, SourceBasis] = {}
        people = await _people_of(preparation, day, sources)
        if people is None:
            continue
        newest = newest or day
        word = add_older(word, people, sources, preparation.project.settings)
        if word.absence_means_left:
            break
    return Known(word, newest)


async def _people_of(
    preparation: Preparation, day: date, sources: dict[str, SourceBasis]
) -> DesiredPeople | None:
    """Everybody by the deliveries of a day, judged as of the present; None if these are refused."""
    preparation.tell(f"reading what is known since: the delivery of {day}")
    # how old an export may be is judged as of its own day
    then = replace(preparation, as_of=AsOf(day))
    try:
        checked = await check_sources(then)
        checked.require_accepted()
    except (BatchRefused, SourceError) as error:
        preparation.tell(f"the delivery of {day} says nothing: {error.message}")
        return None
    sources |= {f"{day}/{report.source}": source_basis(report) for report in checked.reports}
    settings = preparation.project.settings
    return await preparation.stages.transform(checked.checked, settings, preparation.as_of)
