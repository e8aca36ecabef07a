"""What every section of the settings has in common: frozen, and no key that we do not know."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of scimflow.yaml: frozen; an unknown key is an error, never ignored."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True
    )
