"""Fields of this Pipedrive account: its custom ones are keys of 40 characters, options are numbers.

Leads have no fields of their own, they share those of deals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha1
from typing import Any

FIRST_OPTION = 300


@dataclass(frozen=True)
class Field:
    """A field: `column` is where the sandbox's tables hold its value."""

    owner: str
    name: str
    kind: str
    options: tuple[str, ...] = ()
    native_code: str = ""

    @cached_property
    def code(self) -> str:
        return self.native_code or sha1(f"{self.owner} {self.name}".encode()).hexdigest()

    @property
    def column(self) -> str:
        return self.native_code or "c_" + self.name.lower().replace(" ", "_")

    @cached_property
    def option_ids(self) -> dict[str, int]:
        first = FIRST_OPTION + int(sha1(self.name.encode()).hexdigest()[:4], 16)
        return {label: first + position for position, label in enumerate(self.options)}

    def value(self, stored: Any) -> Any:
        """The value as the API shows it."""
        if stored is None:
            return None
        if self.kind == "enum":
            return self.option_ids.get(stored)
        if self.kind == "monetary":
            return {"value": stored, "currency": "USD"}
        return stored

    def definition_v2(self) -> dict[str, Any]:
        options = [{"id": number, "label": label} for label, number in self.option_ids.items()]
        return {
            "field_name": self.name,
            "field_code": self.code,
            "description": "",
            "field_type": self.kind,
            "options": options or None,
            "subfields": None,
            "is_custom_field": not self.native_code,
            "is_optional_response_field": False,
        }


REGIONS = ("North America", "EMEA", "LATAM", "APAC")
CHANNELS = (
    "Google Ads", "Website", "Content Download", "Webinar", "Trade Show", "Partner", "Referral",
    "Cold Outreach", "Outbound", "Customer",
)  # fmt: skip

FIELDS: Mapping[str, tuple[Field, ...]] = {
    "deal": (
        Field("deal", "Title", "varchar", native_code="title"),
        Field("deal", "Value", "monetary", native_code="value"),
        Field("deal", "Source channel", "enum", CHANNELS, native_code="channel"),
        Field("deal", "Opportunity type", "enum", ("New Business", "Expansion", "Renewal")),
        Field(
            "deal", "Forecast category", "enum",
            ("Pipeline", "Best Case", "Commit", "Closed", "Omitted"),
        ),
        Field("deal", "Competitor", "varchar"),
        Field("deal", "Next step", "text"),
        Field("deal", "Implementation", "enum", ("Self-service", "Partner")),
        Field(
            "deal", "Lead status", "enum",
            ("New", "Working", "Nurturing", "Qualified", "Disqualified", "Converted"),
        ),
        Field("deal", "Lead created at", "varchar"),
        Field("deal", "Lead converted at", "varchar"),
        Field("deal", "Company", "varchar"),
        Field("deal", "Industry", "varchar"),
        Field("deal", "Employees", "double"),
        Field("deal", "Country", "varchar"),
        Field("deal", "Region", "enum", REGIONS),
    ),
    "person": (
        Field("person", "Name", "varchar", native_code="name"),
        Field("person", "Preferred language", "enum", ("Português", "Español", "English")),
    ),
    "organization": (
        Field("organization", "Name", "varchar", native_code="name"),
        Field("organization", "Industry", "varchar"),
        Field("organization", "Segment", "enum", ("SMB", "Mid-Market", "Enterprise")),
        Field("organization", "Employees", "double"),
        Field("organization", "Annual revenue", "monetary"),
        Field("organization", "Region", "enum", REGIONS),
        Field("organization", "Website", "varchar"),
        Field("organization", "Support plan", "enum", ("Basic", "Standard", "Premier")),
    ),
    "product": (Field("product", "Name", "varchar", native_code="name"),),
}  # fmt: skip


def custom_fields(owner: str) -> tuple[Field, ...]:
    return tuple(field for field in FIELDS[owner] if not field.native_code)


def custom_values(owner: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The custom fields of a stored row by their keys; a field without a value is null."""
    return {field.code: field.value(row.get(field.column)) for field in custom_fields(owner)}


CHANNEL = next(field for field in FIELDS["deal"] if field.native_code == "channel")
