"""XML comes in record by record, by names without prefixes; entities and document types never."""

from pathlib import Path
from typing import Any

import pytest

from data_contracts.batch import MalformedRow
from data_contracts.errors import SourceError
from data_contracts.export_contract import ExportContract, FileFormat
from data_contracts.odcs import parse_contract
from tasks.extract.recognise import propose_contract, recognise
from tests.export_parts import cells, columns, contract, custom, read

PATHS = {
    "id": "Worker.ID[type=Employee_ID]",
    "name": "Worker.@Descriptor",
    "mail": "Email",
}
ENTRY = """  <wd:Report_Entry>
    <wd:Worker wd:Descriptor="{name}">
      <wd:ID wd:type="WID">{wid}</wd:ID>
      <wd:ID wd:type="Employee_ID">{id}</wd:ID>
    </wd:Worker>
    <wd:Email>{mail}</wd:Email>
    <wd:Active>1</wd:Active>
  </wd:Report_Entry>
"""
ANN = ENTRY.format(name="Ann &amp; Lee", wid="a1", id="001", mail="a@x.ch")
BO = ENTRY.format(name="Bo", wid="b2", id="002", mail="")


def kept(
    paths: dict[str, str] | None = None, at: str = "Report_Data.Report_Entry"
) -> ExportContract:
    paths = PATHS if paths is None else paths
    properties: dict[str, Any] = {
        name: {"customProperties": custom(path=path)} for name, path in paths.items()
    }
    return contract(
        server={"format": "xml", "customProperties": custom(recordsAt=at)},
        schema=columns("id", "name", "mail", **properties),
    )


def report(*entries: str, name: str = "People", head: str = "") -> str:
    space = f'xmlns:wd="urn:com.workday.report/{name}"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}<wd:Report_Data {space}>\n'
        + "".join(entries)
        + "</wd:Report_Data>\n"
    )


def test_values_are_found_by_paths_of_names_without_prefixes(tmp_path: Path) -> None:
    batch = read(tmp_path, report(ANN, BO), kept(), "x.xml")
    assert cells(batch, "id") == ["001", "002"]
    assert cells(batch, "name") == ["Ann & Lee", "Bo"]
    assert cells(batch, "mail") == ["a@x.ch", None]
    assert cells(batch, "Active") == ["1", "1"]
    assert batch.frame["_line"].tolist() == [3, 11]


def test_the_namespace_and_its_prefix_do_not_matter(tmp_path: Path) -> None:
    renamed = report(ANN, name="Another").replace("wd:", "x:")
    assert cells(read(tmp_path, renamed, kept(), "x.xml"), "id") == ["001"]
    plain = report(ANN).replace("wd:", "").replace("xmlns:wd", "xmlns")
    assert cells(read(tmp_path, plain, kept(), "x.xml"), "id") == ["001"]


def test_one_entry_or_many_and_one_element_or_many_are_the_same(tmp_path: Path) -> None:
    alone = ANN.replace('      <wd:ID wd:type="WID">a1</wd:ID>\n', "")
    assert cells(read(tmp_path, report(alone), kept(), "x.xml"), "id") == ["001"]
    assert cells(
        read(tmp_path, report(ANN), kept({**PATHS, "mail": "Email.0"}), "x.xml"), "mail"
    ) == ["a@x.ch"]
    assert read(tmp_path, report(), kept(), "x.xml").rows_read == 0


def test_several_elements_where_one_value_belongs_make_the_record_malformed(tmp_path: Path) -> None:
    two = ANN.replace("</wd:Email>", "</wd:Email>\n<wd:Email>ann@x.ch</wd:Email>")
    batch = read(tmp_path, report(two, BO), kept(), "x.xml")
    assert batch.malformed == (MalformedRow(3, "`Email` holds 2 values where one is expected"),)
    assert cells(batch, "id") == ["002"]
    whole = kept({**PATHS, "mail": "Worker"})
    batch = read(tmp_path, report(BO), whole, "x.xml")
    assert batch.malformed == (
        MalformedRow(3, "`Worker` holds elements where one value is expected"),
    )


def test_who_has_no_such_id_has_no_value(tmp_path: Path) -> None:
    contingent = BO.replace("Employee_ID", "Contingent_Worker_ID")
    batch = read(tmp_path, report(ANN, contingent), kept(), "x.xml")
    assert cells(batch, "id") == ["001", None]


def test_nested_elements_that_nobody_names_and_passwords_are_left_out(tmp_path: Path) -> None:
    entry = ANN.replace(
        "<wd:Active>1", "<wd:Password>x</wd:Password><wd:Org><wd:ID>1</wd:ID></wd:Org><wd:Active>1"
    )
    batch = read(tmp_path, report(entry), kept(), "x.xml")
    assert set(batch.frame.columns) == {"id", "name", "mail", "Active", "_line"}
    assert batch.warnings == (
        "not read, for it looks like a password: 'Password'",
        "not read, for it holds nested values: 'Org'",
    )


def test_the_document_says_its_own_encoding(tmp_path: Path) -> None:
    text = report(ANN.replace("Ann &amp; Lee", "Zoë Müller"))
    for encoding in ("utf-8", "utf-16", "iso-8859-1"):
        data = text.replace("UTF-8", encoding).encode(encoding)
        assert cells(read(tmp_path, data, kept(), "x.xml"), "name") == ["Zoë Müller"]


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n'
ELSEWHERE = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">\n'


@pytest.mark.parametrize("head", [LAUGHS, OUTSIDE, ELSEWHERE, "<!DOCTYPE wd>\n"])
def test_document_types_and_entities_are_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(SourceError, match="line 2: the document declares a document type") as told:
        read(tmp_path, report(ANN.replace("a@x.ch", "&a;"), head=head), kept(), "x.xml")
    assert "<!DOCTYPE" in told.value.hint


def test_what_is_no_such_document_is_refused(tmp_path: Path) -> None:
    whole = report(ANN, BO)
    for text, words in (
        (whole[:-40], "malformed XML; the file is damaged, cut off"),
        ("id,name\n1,Ann\n", "line 1, column 1: malformed XML"),
        (report("&unknown;"), "malformed XML"),
        (
            whole.replace("Report_Data", "Envelope"),
            "is a `Envelope`, the contract expects a `Report_Data`",
        ),
        ("<a>" * 200 + "</a>" * 200, "is nested too deeply"),
    ):
        with pytest.raises(SourceError, match=words):
            read(
                tmp_path,
                text,
                kept(at="a.b" if "nested" in words else "Report_Data.Report_Entry"),
                "x.xml",
            )


def test_a_path_that_is_not_understood_is_said(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match="column 'id' of the contract: the path `ID\\[type`"
    ) as told:
        read(tmp_path, report(ANN), kept({"id": "ID[type"}), "x.xml")
    assert "`path`" in told.value.hint


def test_an_xml_document_is_recognised_and_gets_a_draft(tmp_path: Path) -> None:
    path = tmp_path / "people.xml"
    path.write_text(report(ANN, BO))
    seen = recognise(path)
    assert (seen.format, seen.records_at) == (FileFormat.XML, "Report_Data.Report_Entry")
    assert seen.header == (
        "Worker.@Descriptor",
        "Worker.ID[type=WID]",
        "Worker.ID[type=Employee_ID]",
        "Email",
        "Active",
    )
    assert seen.rows_estimate == 2
    drafted = parse_contract(propose_contract(path), origin="draft")
    assert drafted.column("Worker.ID[type=Employee_ID]").path == "Worker.ID[type=Employee_ID]"
    assert cells(read(tmp_path, report(ANN), drafted, "x.xml"), "Worker.@Descriptor") == [
        "Ann & Lee"
    ]
