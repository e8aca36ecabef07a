"""From an export of each system to a right first plan, with `init`, `check` and `plan` alone."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from deployments.sandbox.server import serve_in_thread
from deployments.sandbox.settings import SandboxSettings
from tests.command_parts import TOKEN, TOKEN_VARIABLE, say
from tests.contract.test_samples import ENDINGS, REFUSED, SAMPLES, contract_of

PUBLISHED = Path(__file__).resolve().parents[2] / "data_contracts" / "published"
ADA, BO, SOFIA = (f"{name}@fern.example" for name in ("ada.moreau", "bo.ek", "sofia.lind"))
OBJECT = "5b1f0a3c-0000-4000-8000-00000000000"
CSVDE = "X'3c0a1f5b00000040800000000000000"
ADP = "G3AAAAAAAAAAAA0"

CREATED = {
    # for whom an account is made on the day: nobody who is blocked, left, has yet to begin or whose
    # row is set aside
    "ad-csvde-csv.csv": [f"{CSVDE}{n}'" for n in (1, 2, 4)],
    "ad-users-csv.csv": [f"{OBJECT}{n}" for n in (1, 2, 4)],
    "ad-users-ldif.ldif": [f"{OBJECT}{n}" for n in (1, 2, 4)],
    "adp-workers-json.json": [f"{ADP}{n}" for n in (1, 2, 3)],
    "adp-workers-csv.csv": ["AD7K2M9QX", "BO4T1V8ZR", "PQ6H3N5WL", "TR5V8X2QK"],
    "bamboohr-directory-json.json": ["41", "42"],
    "bamboohr-report.csv": ["001003", "001017", "001046"],  # 001044 begins in April
    "bamboohr-report-json.json": ["001003", "001017"],
    "entra-bulk-create-csv.csv": [ADA],
    "entra-graph-json.json": [f"{OBJECT}{n}" for n in (1, 2)],
    "entra-users-csv.csv": [f"{OBJECT}{n}" for n in (1, 2, 3, 5)],
    "generic-hr.csv": ["001003", "001017", "001046"],
    "google-directory-json.json": ["101", "102"],
    "google-upload-csv.csv": [ADA, BO],
    "google-users-csv.csv": [ADA, BO, "lars.berg@fern.example", SOFIA],
    "google-users-csv-2020.csv": [ADA, BO, SOFIA],
    "hibob-people-json.json": ["1003", "1017", "1048"],
    "jumpcloud-import-csv.csv": ["ada.moreau", "bo.ek"],
    "jumpcloud-users-csv.csv": ["5b1a7c9e2f", "5b1a7c9e32"],
    "jumpcloud-users-json.json": ["aa01", "aa02"],
    "m365-users-csv.csv": [ADA, "room.1@fern.example"],
    "midpoint-hris.csv": ["001003", "001017"],
    "ms-csv2scim.csv": ["1003", "1017"],
    "okta-import-csv.csv": [ADA, "dee@fern.example", "eli@fern.example"],
    "okta-password-health-csv.csv": [ADA, BO],
    "okta-rockstar-csv.csv": ["00u1aaaaaaaaaaaaa001", "00u1aaaaaaaaaaaaa002"],
    "okta-users-json.json": ["00u1aaaaaaaaaaaaa001"],
    "onelogin-users-json.json": ["11", "12", "18"],
    "personio-employees-csv.csv": ["1003", "1017", "1046"],
    "personio-employees-json.json": ["1003", "1017", "1048"],
    "pingone-import-csv.csv": ["ada.moreau", "bo.ek"],
    "pingone-users-json.json": ["p-1", "p-2"],
    "rippling-employees-csv.csv": ["6401aa01", "6401aa02", "6401aa07"],
    "rippling-workers-json.json": ["w1", "w2"],
    "successfactors-employees-csv.csv": ["amoreau", "bek", "pquist"],
    "successfactors-users-json.json": ["amoreau", "bek"],
    "ukg-pro-json.json": ["P1", "P3"],  # of P3's two employments the open one
    "ukg-pro-csv.csv": ["001003", "001017", "001020", "001044"],
    "workday-raas-xml.xml": ["001003", "001017", "C-77"],
    "workday-raas-json.json": ["001003", "001017", "001046", "C-77"],
}

MANAGED = {
    # by what the settings that `init` writes have managers looked up, where the export names them
    "ad-csvde-csv.csv": "distinguished_name",
    "ad-users-csv.csv": "distinguished_name",
    "ad-users-ldif.ldif": "distinguished_name",
    "adp-workers-json.json": "worker_key",
    "adp-workers-csv.csv": "worker_key",
    "bamboohr-directory-json.json": "name",
    "bamboohr-report-json.json": "worker_key",
    "entra-graph-json.json": "external_id",
    "google-directory-json.json": "email",
    "google-users-csv.csv": "email",
    "hibob-people-json.json": "worker_key",
    "personio-employees-json.json": "worker_key",
    "rippling-employees-csv.csv": "email",
    "successfactors-employees-csv.csv": "worker_key",
    "ukg-pro-csv.csv": "worker_key",
    "workday-raas-json.json": "worker_key",
    "workday-raas-xml.xml": "worker_key",
}
BO_FIRST = {
    "ukg-pro-csv.csv",
    "bamboohr-report-json.json",
    "hibob-people-json.json",
    "personio-employees-json.json",
    "workday-raas-json.json",
    "workday-raas-xml.xml",
}
MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value"


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    """The address of an empty workspace; nothing here writes to it."""
    os.environ[TOKEN_VARIABLE] = TOKEN
    try:
        with serve_in_thread(SandboxSettings(token=TOKEN, rate_limit_per_s=0)) as running:
            yield running.base_url
    finally:
        os.environ.pop(TOKEN_VARIABLE, None)


def first_settings(folder: Path, sample: str, target: str) -> Path:
    export = Path(shutil.copy(SAMPLES / sample, folder))
    written = folder / "scimflow.yaml"
    words = ("--target", target, "--token-env", TOKEN_VARIABLE, "-o", written)
    said = say("init", "--from", export, *words)
    assert said.code == 0, said.text
    assert f"contract: {contract_of(sample)} " in said.text
    return written


@pytest.mark.sampled(14)
@pytest.mark.parametrize("sample", CREATED)
def test_the_first_plan_creates_whom_it_should_and_nobody_else(
    tmp_path: Path, target: str, sample: str
) -> None:
    settings = first_settings(tmp_path, sample, target)
    assert say("check", "--config", settings).code == 0
    said = say("plan", "--config", settings, "--as-of", "2026-03-02", "--json")
    assert said.code == 2, said.text
    operations = said.document["operations"]
    assert {operation["kind"] for operation in operations} == {"create"}
    assert sorted(o["worker_key"] for o in operations) == sorted(CREATED[sample])


@pytest.mark.sampled(4)
@pytest.mark.parametrize("sample", MANAGED)
def test_managers_are_found_by_what_the_export_names_them_by(
    tmp_path: Path, target: str, sample: str
) -> None:
    """Each sample's first person reports to its second one, whatever names that person."""
    settings = first_settings(tmp_path, sample, target)
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("  # enterprise.manager", "  enterprise.manager"))
    rule = yaml.safe_load(settings.read_text())["mapping"]["enterprise.manager.value"]
    reference = rule["account_of"]
    assert (reference if isinstance(reference, str) else reference["by"]) == (
        "manager" if MANAGED[sample] == "worker_key" else MANAGED[sample]
    )
    said = say("plan", "--config", settings, "--as-of", "2026-03-02", "--json")
    ada, bo = reversed(CREATED[sample][:2]) if sample in BO_FIRST else CREATED[sample][:2]
    operation = next(o for o in said.document["operations"] if o["worker_key"] == ada)
    named = {a["path"]: a["refers_to"] for a in operation["attributes"] if a["refers_to"]}
    assert named == {MANAGER: bo}


def test_every_sample_has_its_first_plan() -> None:
    samples = {path.name for path in SAMPLES.iterdir() if path.suffix in ENDINGS}
    assert CREATED.keys() == samples - REFUSED


def test_check_says_what_of_the_contract_nobody_has_verified(tmp_path: Path, target: str) -> None:
    settings = first_settings(tmp_path, "rippling-workers-json.json", target)
    said = say("check", "--config", settings)
    assert said.code == 0
    assert "not verified: every status but ACTIVE" in said.text
    (source,) = say("check", "--config", settings, "--json").document["sources"]
    assert "every status but ACTIVE" in source["unverified"]
    assert source["verdict"] == "accepted_with_quarantine"


def test_an_export_that_has_grown_old_is_refused_and_a_replay_of_its_day_is_not(
    tmp_path: Path, target: str
) -> None:
    settings = first_settings(tmp_path, "generic-hr.csv", target)
    published = (PUBLISHED / "generic-hr.odcs.yaml").read_text(encoding="utf-8")
    fresh = "slaProperties: [{property: freshness, value: 36, unit: h}]\nschema:"
    own = published.replace("\nschema:", f"\n{fresh}", 1)
    (tmp_path / "own.odcs.yaml").write_text(own, encoding="utf-8")
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("contract: generic-hr", "contract: own.odcs.yaml"))
    assert say("check", "--config", settings).code == 0
    written = datetime(2026, 3, 2, 5, 0, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "generic-hr.csv", (written, written))
    said = say("check", "--config", settings)
    assert said.code == 4
    assert "and the contract allows 36 h; look at why no newer export has come" in said.text
    assert say("plan", "--config", settings, "--as-of", "2026-03-02").code == 2
    assert say("plan", "--config", settings, "--as-of", "2026-03-05").code == 4
