"""What the service says about itself: ServiceProviderConfig, ResourceTypes, Schemas.

Reference: RFC 7644 section 4, RFC 7643 sections 5 to 7, RFC 9865 section 4.
"""

from collections.abc import Sequence
from typing import Any

from deployments.sandbox.constants import (
    LIST_RESPONSE,
    RESOURCE_TYPE,
    SCHEMA,
    SERVICE_PROVIDER_CONFIG,
)
from deployments.sandbox.schema import Attribute, Kind, Schema
from deployments.sandbox.settings import Paging, SandboxSettings


def service_provider_config(settings: SandboxSettings, base_url: str) -> dict[str, Any]:
    """Which optional features are on."""
    config: dict[str, Any] = {
        "schemas": [SERVICE_PROVIDER_CONFIG],
        "documentationUri": "https://support.productboard.com/hc/en-us/articles/12796466210323",
        "patch": {"supported": settings.patch},
        "bulk": {
            "supported": settings.bulk,
            "maxOperations": settings.bulk_max_operations if settings.bulk else 0,
            "maxPayloadSize": settings.max_payload_bytes if settings.bulk else 0,
        },
        "filter": {"supported": True, "maxResults": settings.max_page_size},
        "changePassword": {"supported": False},
        "sort": {"supported": settings.sort},
        "etag": {"supported": settings.etags},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Access token",
                "description": "A bearer token in the Authorization header.",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": True,
            }
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": f"{base_url}/ServiceProviderConfig",
        },
    }
    if settings.paging is not Paging.INDEX:  # RFC 9865 section 4
        only = settings.paging is Paging.CURSOR
        config["pagination"] = {
            "cursor": True,
            "index": not only,
            "defaultPaginationMethod": "cursor" if only else "index",
            "defaultPageSize": settings.default_page_size,
            "maxPageSize": settings.max_page_size,
            "cursorTimeout": settings.cursor_timeout_s,
        }
    return config


def resource_types(kinds: Sequence[Kind], base_url: str) -> list[dict[str, Any]]:
    """One ResourceType per endpoint."""
    return [
        {
            "schemas": [RESOURCE_TYPE],
            "id": kind.name,
            "name": kind.name,
            "endpoint": kind.endpoint,
            "description": kind.description,
            "schema": kind.core.urn,
            "schemaExtensions": [{"schema": e.urn, "required": False} for e in kind.announced],
            "meta": {
                "resourceType": "ResourceType",
                "location": f"{base_url}/ResourceTypes/{kind.name}",
            },
        }
        for kind in kinds
    ]


def schemas(kinds: Sequence[Kind], base_url: str) -> list[dict[str, Any]]:
    """The Schema of each kind and of its extensions that are kept."""
    return [
        _schema(schema, kind, base_url) for kind in kinds for schema in (kind.core, *kind.announced)
    ]


def list_of(resources: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A ListResponse with everything on one page."""
    return {
        "schemas": [LIST_RESPONSE],
        "totalResults": len(resources),
        "startIndex": 1,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }


def _schema(schema: Schema, kind: Kind, base_url: str) -> dict[str, Any]:
    kept = [a for a in schema.attributes if a.name.lower() not in kind.forgotten]
    return {
        "schemas": [SCHEMA],
        "id": schema.urn,
        "name": schema.name,
        "description": schema.description,
        "attributes": [_attribute(attribute) for attribute in kept],
        "meta": {"resourceType": "Schema", "location": f"{base_url}/Schemas/{schema.urn}"},
    }


def _attribute(attribute: Attribute) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "name": attribute.name,
        "type": attribute.type,
        "multiValued": attribute.multi,
        "description": attribute.description,
        "required": attribute.required,
        "caseExact": attribute.case_exact,
        "mutability": attribute.mutability,
        "returned": attribute.returned,
        "uniqueness": attribute.uniqueness,
    }
    if attribute.canonical:
        definition["canonicalValues"] = list(attribute.canonical)
    if attribute.references:
        definition["referenceTypes"] = list(attribute.references)
    if attribute.sub:
        definition["subAttributes"] = [_attribute(sub) for sub in attribute.sub]
    return definition
