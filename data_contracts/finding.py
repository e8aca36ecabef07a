"""Something that a person should know or decide; a finding stops nothing by itself."""

from pydantic import BaseModel, ConfigDict

from data_contracts.words import FindingSeverity


class Finding(BaseModel):
    """An observation about one person or one account.

    Attributes:
        code: Short name of the kind of finding, in kebab case (`email-reused`).
        severity: How urgent.
        subject: Worker key or account id that it is about.
        message: What was seen, in words, without values of personal attributes.
        hint: What to do about it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    severity: FindingSeverity
    subject: str
    message: str
    hint: str = ""
