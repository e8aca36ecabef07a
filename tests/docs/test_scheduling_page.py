"""docs/scheduling.md says what is deployed, and settings that load."""

import re
import textwrap
from pathlib import Path

from data_contracts.words import Notice
from flows.jobs import JOBS, jobs_of
from flows.prefect_file import prefect_file
from tests.builders import settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")


def test_the_page_names_every_deployment_with_its_flow() -> None:
    told = re.findall(r"^\| `-([\w-]+)` \| `([\w-]+)` \| (.+?) \|", PAGE, re.MULTILINE)
    assert [(name, flow) for name, flow, _ in told] == [(job.name, job.flow) for job in JOBS]
    by_itself = {name for name, _, when in told if when != "no"}
    assert by_itself == {job.name for job in JOBS if job.schedule}


def test_the_settings_that_it_shows_load() -> None:
    section = re.search(r"```yaml\n(deployments:.*?)```", PAGE, re.DOTALL)
    assert section is not None
    ours = settings(textwrap.dedent(section[1]))
    scheduled = {each.job.name: each.schedule for each in jobs_of(ours, "x")}
    assert scheduled["drift-report"] is None
    sweep = scheduled["leaver-sweep"]
    assert sweep is not None
    assert sweep.cron == "*/30 6-20 * * *"


def test_the_notices_that_it_tells_of_are_those_that_there_are() -> None:
    told = re.findall(r"^\| `(\w+)` \| [^|]+\|$", PAGE, re.MULTILINE)
    assert [name for name in told if name in set(Notice)] == [str(n) for n in Notice]


def test_every_settings_of_notifications_and_arrivals_that_it_shows_load() -> None:
    shown = re.findall(r"```yaml\n((?:deployments|notifications):.*?)```", PAGE, re.DOTALL)
    assert len(shown) == 3
    for text in shown:
        settings(text)


def test_the_prefect_yaml_in_deployments_is_what_the_settings_say() -> None:
    ours = settings("target: {name: productboard}")
    written = prefect_file(jobs_of(ours, "/srv/scimflow/scimflow.yaml"), ours.deployments)
    assert (ROOT / "deployments" / "prefect.yaml").read_text(encoding="utf-8") == written
