"""What an admin sees in the Prefect UI: a held run, why it is held, and how to go on."""

from tests.browser_parts import keep, no_browser, opened_page
from tests.command_parts import TODAY, Company, person
from tests.prefect_parts import PrefectServer

pytestmark = no_browser


def test_a_held_run_shows_its_state_its_reason_and_its_summary(
    acme: Company, prefect: PrefectServer
) -> None:
    acme.settings({"guardrails": {"deactivations": {"max": 1}}})
    acme.sync()
    acme.export(person(1, title="Head of IT"))
    run = acme.say("sync", "--as-of", TODAY, "--json").document["run"]
    hosts: set[str] = set()
    url = f"{prefect.url}/runs/flow-run/{run['prefect_run_id']}"
    with opened_page() as page:
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.goto(url)
        page.get_by_text("Held", exact=True).first.wait_for()
        page.get_by_text(f"workspace-{TODAY}").first.wait_for()
        page.get_by_text("deactivations: 2 accounts would be deactivated").first.wait_for()
        keep(page, "held-run")
        page.get_by_text("Artifacts", exact=True).click()
        page.get_by_text("workspace-summary").first.click()
        page.get_by_text(f"scimflow approve {run['run_id']}").first.wait_for()
        keep(page, "held-run-summary")
        assert "Family" not in page.content()
        page.go_back()
        page.get_by_text("Artifacts", exact=True).click()
        page.get_by_text("workspace-operations").first.click()
        page.get_by_text("person2@acme.example").first.wait_for()
        keep(page, "held-run-operations")
    assert hosts == {prefect.url.partition("://")[2]}
