"""Laws of the published contracts over samples that were spoiled at random, and of dates."""

import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data_contracts.dates import LOCAL, UTC, DateReading, read_days
from data_contracts.errors import ScimflowError
from data_contracts.odcs.dates import read_date_format
from data_contracts.words import BatchVerdict, WorkerState
from tasks.extract.recognise import propose_contract, recognise
from tests.contract.test_samples import EXPECTED, SAMPLES, contract_of
from tests.export_parts import check_published

SPOILT = st.sampled_from(
    ["", ",", '"', "\n", "null", "[]", "{}", "é", "\0", "0000-00-00", "=1+1", "true", "Example: x"]
)


@settings(max_examples=40, deadline=None)
@given(
    sample=st.sampled_from(sorted(EXPECTED)),
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), SPOILT), max_size=4),
)
def test_a_spoilt_export_is_refused_with_a_word_or_nobody_of_it_is_lost(
    sample: str, places: list[tuple[float, int, str]]
) -> None:
    data = (SAMPLES / sample).read_bytes()
    for share, length, text in places:
        at = int(share * len(data))
        data = data[:at] + text.encode() + data[at + length :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / sample
        path.write_bytes(data)
        try:
            checked = check_published(contract_of(sample), path)
        except ScimflowError:
            return
    report = checked.report
    if report.verdict is BatchVerdict.REFUSED:
        assert report.refusals
        assert not len(checked.accepted)
        return
    assert report.rows_accepted + len(report.quarantined) == report.rows_read
    states = set(checked.accepted["_state"].dropna())
    assert states <= {str(state) for state in WorkerState}


@settings(max_examples=40, deadline=None)
@given(
    sample=st.sampled_from(sorted(EXPECTED)),
    share=st.floats(0, 1),
    text=SPOILT,
)
def test_whatever_is_left_of_an_export_it_is_recognised_or_not_without_a_crash(
    sample: str, share: float, text: str
) -> None:
    data = (SAMPLES / sample).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / sample
        path.write_bytes(data[: int(share * len(data))] + text.encode())
        try:
            recognise(path)
            propose_contract(path)
        except ScimflowError:
            return


FORMATS = (
    "yyyy-MM-dd",
    "M/d/yyyy h:mm:ss a",
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "dd.MM.yy",
    "epoch-seconds",
    "epoch-millis",
    "odata-millis",
    "filetime",
)
ZONES = ("Pacific/Kiritimati", "America/St_Johns", "Europe/Zurich", UTC)
CELLS = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.from_regex(r"\A[0-9]{1,18}\Z"),
    st.from_regex(r"\A/Date\(-?[0-9]{1,16}\)/\Z"),
    st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{8,12}(Z|[+-][0-9]{2}:[0-9]{2}))?\Z"),
)


@settings(max_examples=200, deadline=None)
@given(
    cells=st.lists(CELLS, max_size=5), form=st.sampled_from(FORMATS), zone=st.sampled_from(ZONES)
)
@example(["300000000000000"], "epoch-millis", "America/St_Johns")  # the year 11476
@example(["999999999999999999"], "epoch-seconds", "Europe/Zurich")  # more than 64 bits of µs
@example(["9999-12-31T23:59:59.999-01:00"], "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "Europe/Zurich")
def test_whatever_stands_in_a_cell_it_is_a_day_or_none(
    cells: list[str | None], form: str, zone: str
) -> None:
    read = read_date_format(form)
    day = zone if read.zoned or not read.strptime else LOCAL
    found = read_days(pd.Series(cells, dtype="str"), DateReading((read,), day))
    assert str(found.dtype) == "datetime64[us]"
    assert len(found) == len(cells)
    assert (found.dropna() == found.dropna().dt.normalize()).all()
    for cell, value in zip(cells, found, strict=True):
        assert cell is not None or value is pd.NaT
