"""Laws of what is learned of a target, over any past."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from data_contracts.learned import ENOUGH_WRITES, NEVER_LEARNED, Habit, Learned, Rewrite, mark_of

PATHS = ("title", "displayName", "active", "userName", "roles[primary eq true].value")
ROLE = PATHS[-1]
ENDS = st.tuples(st.sampled_from(PATHS), st.sampled_from(["kept", "ignored", "rewritten"]))
VALUES = st.one_of(st.none(), st.booleans(), st.text(max_size=5))


def learned(past: list[tuple[str, str]]) -> Learned:
    count = Counter(past)
    habits = [
        Habit(path, *(count[path, end] for end in ("kept", "ignored", "rewritten")))
        for path in PATHS
    ]
    return Learned.of(habits, [], always_compared=[ROLE])


@given(past=st.lists(ENDS, max_size=40))
def test_access_is_never_learned_and_nothing_that_was_ever_kept(
    past: list[tuple[str, str]],
) -> None:
    known = learned(past)
    assert not (known.never_kept | known.rewritten) & {*NEVER_LEARNED, ROLE}
    for path in known.never_kept:
        ends = [end for of, end in past if of == path]
        assert set(ends) == {"ignored"}
        assert len(ends) >= ENOUGH_WRITES


@given(past=st.lists(ENDS, max_size=20), more=st.lists(ENDS, max_size=20))
def test_what_is_learned_of_rewriting_stays_and_one_kept_write_ends_never_kept(
    past: list[tuple[str, str]], more: list[tuple[str, str]]
) -> None:
    before, after = learned(past), learned(past + more)
    assert before.rewritten <= after.rewritten
    moved = {path for path, end in more if end != "ignored"}
    assert after.never_kept.isdisjoint(moved)
    assert before.never_kept - moved <= after.never_kept


@given(meant=VALUES, held=VALUES, now_meant=VALUES, now_held=VALUES, account=st.sampled_from("ab"))
def test_a_difference_is_explained_by_exactly_the_same_two_values_of_the_same_account(
    meant: object, held: object, now_meant: object, now_held: object, account: str
) -> None:
    mark = Rewrite("title", mark_of("a", "title", meant), mark_of("a", "title", held))
    known = Learned.of([], [("a", mark)])
    same = (type(now_meant), now_meant, type(now_held), now_held) == (
        type(meant), meant, type(held), held,
    )  # fmt: skip
    assert known.explains(account, "title", now_meant, now_held) == (same and account == "a")
    assert not known.explains(account, "displayName", now_meant, now_held)
