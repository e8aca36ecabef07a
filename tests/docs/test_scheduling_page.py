"""docs/scheduling.md says what is deployed, and settings that load."""

import re
import textwrap
from pathlib import Path

from flows.jobs import JOBS, jobs_of
from tests.builders import settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "scheduling.md").read_text(encoding="utf-8")


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
