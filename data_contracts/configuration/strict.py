"""What every section of the settings has in common: frozen, and no key that we do not know."""

from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from data_contracts.configuration.descriptions import descriptions


class Section(BaseModel):
    """A section of scimflow.yaml: frozen; an unknown key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> dict[str, Any]:
        schema = handler(core_schema)
        fields = handler.resolve_ref_schema(schema).get("properties", {})
        for each in reversed(cls.__mro__):
            if issubclass(each, Section):
                for name, text in descriptions(each).items():
                    fields[name].setdefault("description", text)
        return schema
