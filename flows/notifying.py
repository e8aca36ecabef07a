"""Notification blocks and automations at a Prefect server, from the settings' `notifications`.

Each has a name of its own and is brought up to date by it: setting up twice changes nothing, and
what the settings no longer have goes.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.notifications import (
    CustomWebhookNotificationBlock,
    MicrosoftTeamsWebhook,
    SlackWebhook,
)
from prefect.client.orchestration import PrefectClient
from prefect.events.actions import RunDeployment, SendNotification
from prefect.events.schemas.automations import (
    Automation,
    AutomationCore,
    EventTrigger,
    Posture,
)

from data_contracts.configuration import Channel
from data_contracts.errors import ConfigurationError
from data_contracts.words import Notice
from flows.announcing import EXPORT_ACCEPTED, EXPORT_ARRIVED, resource_of
from flows.notices import FORMS, PREFIX, WELL
from flows.project import Project, read_secret

ARRIVAL, ACCEPTANCE = "an export arrived", "an export was accepted"


async def set_up(client: PrefectClient, project: Project, deployments: Mapping[str, UUID]) -> int:
    """Bring blocks and automations in line with the settings.

    Args:
        client: Of the Prefect server.
        project: Settings and folder.
        deployments: Ids of the target's deployments, by the job's name.

    Returns:
        How many automations there are for the target now.

    Raises:
        ConfigurationError: A channel's URL is missing, or is none.
    """
    blocks = {
        name: await _block(client, project, name, channel)
        for name, channel in project.settings.notifications.channels.items()
    }
    wanted = {a.name: a for a in _automations(project, deployments, blocks)}
    for name in _every_name(project.settings.target.name):
        present = await client.read_automations_by_name(name)
        await _bring_about(client, wanted.get(name), present)
    return len(wanted)


async def _bring_about(
    client: PrefectClient, wanted: AutomationCore | None, present: list[Automation]
) -> None:
    kept = present[:1] if wanted is not None else []
    for surplus in present[len(kept) :]:
        await client.delete_automation(surplus.id)
    if wanted is None:
        return
    if not kept:
        await client.create_automation(wanted)
    elif AutomationCore(**kept[0].model_dump(include=set(AutomationCore.model_fields))) != wanted:
        await client.update_automation(kept[0].id, wanted)


async def _block(client: PrefectClient, project: Project, name: str, channel: Channel) -> UUID:
    url = read_secret(project, channel.url, f"notifications.channels.{name}.url", "the URL")
    try:
        block = _BLOCKS[channel.kind](url)
    except ValueError:
        # the error's own words may hold the URL
        raise ConfigurationError(
            f"notifications.channels.{name}: what its `url` leads to is no URL of {channel.kind}",
            hint="docs/scheduling.md shows one of each kind",
        ) from None
    saved = await block.save(_block_name(project, name), overwrite=True, client=client)
    return UUID(str(saved))


def _block_name(project: Project, channel: str) -> str:
    return f"scimflow-{project.settings.target.name}-{channel}"


def _webhook(url: str) -> NotificationBlock:
    """With the URL among the block's secrets: its own field for it is stored in clear text."""
    return CustomWebhookNotificationBlock(
        name="scimflow",
        url="{{url}}",
        json_data={"subject": "{{subject}}", "body": "{{body}}"},
        secrets={"url": url},
    )


def _email(url: str) -> NotificationBlock:
    """Prefect has no block for SMTP; that of Slack hands a URL of another kind to Apprise."""
    if not url.startswith(("mailto://", "mailtos://")):
        raise ValueError
    return SlackWebhook(url=url)


_BLOCKS: Mapping[str, Any] = {
    "slack": lambda url: SlackWebhook(url=url),
    "teams": lambda url: MicrosoftTeamsWebhook(url=url),
    "email": _email,
    "webhook": _webhook,
}


def _every_name(target: str) -> tuple[str, ...]:
    """Every name that an automation of a target can have."""
    notices = [_name(target, FORMS[notice].subject) for notice in Notice]
    return (*notices, _name(target, ARRIVAL), _name(target, ACCEPTANCE))


def _name(target: str, subject: str) -> str:
    return f"scimflow {target}: {subject}"


def _automations(
    project: Project, deployments: Mapping[str, UUID], blocks: Mapping[str, UUID]
) -> list[AutomationCore]:
    target, channels = project.settings.target.name, project.settings.notifications.channels
    found = []
    for notice in Notice:
        told = [blocks[name] for name, channel in channels.items() if notice in channel.about]
        if told:
            form = FORMS[notice]
            name = _name(target, form.subject)
            actions = [
                SendNotification(block_document_id=block, subject=name, body=form.body)
                for block in told
            ]
            trigger = _trigger(project, notice, deployments)
            found.append(AutomationCore(name=name, trigger=trigger, actions=list(actions)))
    return [*found, *_on_arrival(project, deployments)]


def _trigger(project: Project, notice: Notice, deployments: Mapping[str, UUID]) -> EventTrigger:
    form, target = FORMS[notice], project.settings.target.name
    if notice is Notice.NO_RUN:
        return EventTrigger(
            expect={PREFIX + state for state in WELL},
            match_related=_related("deployment", f"prefect.deployment.{deployments['sync']}"),
            posture=Posture.Proactive,
            within=timedelta(hours=project.settings.notifications.no_run_h),
        )
    if form.event:
        return _of_our_own(form.event, target)
    return EventTrigger(
        expect={PREFIX + state for state in form.states},
        match_related=_related("tag", f"prefect.tag.target:{target}"),
        posture=Posture.Reactive,
    )


def _of_our_own(event: str, target: str) -> EventTrigger:
    return EventTrigger(
        expect={event},
        match={"prefect.resource.id": resource_of(target)},
        posture=Posture.Reactive,
    )


def _related(role: str, resource: str) -> Any:
    return {"prefect.resource.role": role, "prefect.resource.id": resource}


def _on_arrival(project: Project, deployments: Mapping[str, UUID]) -> list[AutomationCore]:
    """From an export that arrived to its check, and from its acceptance to a sync."""
    target, wanted = project.settings.target.name, project.settings.deployments.on_arrival
    then: list[tuple[str, str, str, Any]] = []
    if wanted != "nothing":
        parameters = {"then_sync": wanted == "sync"}
        then.append((ARRIVAL, EXPORT_ARRIVED, "export-check", parameters))
    if wanted == "sync":
        then.append((ACCEPTANCE, EXPORT_ACCEPTED, "sync", None))
    return [
        AutomationCore(
            name=_name(target, subject),
            trigger=_of_our_own(event, target),
            actions=[RunDeployment(deployment_id=deployments[job], parameters=parameters)],
        )
        for subject, event, job, parameters in then
    ]
