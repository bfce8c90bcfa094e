"""Selections that give records in the words of Marketo's answers and files."""

from dataclasses import dataclass
from typing import Any

import orjson

from ingestion.sandbox.vendors.marketo.activity_types import ACTIVITY_TYPES, api_name

STAMP = "%Y-%m-%dT%H:%M:%SZ"
ASSET_STAMP = "%Y-%m-%dT%H:%M:%SZ+0000"


@dataclass(frozen=True)
class Field:
    """A field of leads or members: its REST name, type and the SQL of its value."""

    name: str
    kind: str
    sql: str
    title: str = ""

    def describe(self) -> dict[str, Any]:
        """The field as describe2 gives it."""
        return {
            "name": self.name,
            "displayName": self.title or self.name,
            "dataType": self.kind,
            "length": 255 if self.kind in ("string", "email", "phone") else None,
            "updateable": self.kind != "datetime" and self.name != "id",
            "crmManaged": False,
        }


def _stamp(column: str) -> str:
    return f"strftime({column}, '{STAMP}')"


LEAD_FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("id", "integer", "id", "Id"),
        Field("firstName", "string", '"firstName"', "First Name"),
        Field("lastName", "string", '"lastName"', "Last Name"),
        Field("email", "email", "email", "Email Address"),
        Field("company", "string", "company", "Company Name"),
        Field("title", "string", "title", "Job Title"),
        Field("phone", "phone", "phone", "Phone Number"),
        Field("industry", "string", "industry", "Industry"),
        Field("numberOfEmployees", "integer", '"numberOfEmployees"', "Num Employees"),
        Field("country", "string", "country", "Country"),
        Field("leadSource", "string", '"leadSource"', "Person Source"),
        Field("leadStatus", "string", '"leadStatus"', "Person Status"),
        Field("leadScore", "integer", '"leadScore"', "Person Score"),
        Field("unsubscribed", "boolean", "unsubscribed", "Unsubscribed"),
        Field("emailInvalid", "boolean", '"emailInvalid"', "Email Invalid"),
        Field("acquisitionProgramId", "integer", '"acquisitionProgramId"', "Acquisition Program"),
        Field("createdAt", "datetime", _stamp("created_at"), "Created At"),
        Field("updatedAt", "datetime", _stamp("_from"), "Updated At"),
        Field("productInterest", "string", '"productInterest"', "Product Interest"),
    )
}
MEMBER_FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("programId", "integer", "program_id"),
        Field("leadId", "integer", "lead_id"),
        Field("statusName", "string", "status"),
        Field("reachedSuccess", "boolean", "success"),
        Field("reachedSuccessDate", "datetime", f"if(success, {_stamp('_from')}, null)"),
        Field("membershipDate", "datetime", _stamp("since")),
        Field("acquiredBy", "boolean", "false"),
        Field("createdAt", "datetime", _stamp("since")),
        Field("updatedAt", "datetime", _stamp("_from")),
    )
}
ACTIVITY_COLUMNS = (
    "id, lead_id, strftime(_from, '%Y-%m-%dT%H:%M:%SZ') as happened_at, type_id, campaign_id,"
    " primary_id, primary_value, a1, a2, a3, a4, a5"
)


def selection(fields: list[Field]) -> str:
    return ", ".join(f'{field.sql} as "{field.name}"' for field in fields)


def activity(row: tuple[Any, ...]) -> dict[str, Any]:
    """A row of ACTIVITY_COLUMNS as a record of the REST API."""
    record: dict[str, Any] = {
        "id": row[0],
        "marketoGUID": str(row[0]),
        "leadId": row[1],
        "activityDate": row[2],
        "activityTypeId": row[3],
    }
    if row[4] is not None:
        record["campaignId"] = row[4]
    if row[5] is not None:
        record["primaryAttributeValueId"] = row[5]
    if row[6] is not None:
        record["primaryAttributeValue"] = row[6]
    record["attributes"] = [
        {"apiName": api_name(name), "name": name, "value": value}
        for name, value in zip(ACTIVITY_TYPES[row[3]].attributes, row[7:], strict=False)
        if value is not None
    ]
    return record


def activity_line(row: tuple[Any, ...]) -> dict[str, Any]:
    """The same row as a line of an export: attributes are a JSON object in one cell."""
    attributes = zip(ACTIVITY_TYPES[row[3]].attributes, row[7:], strict=False)
    filled = {name: value for name, value in attributes if value is not None}
    return {
        "marketoGUID": row[0],
        "leadId": row[1],
        "activityDate": row[2],
        "activityTypeId": row[3],
        "campaignId": row[4],
        "primaryAttributeValueId": row[5],
        "primaryAttributeValue": row[6],
        "attributes": orjson.dumps(filled).decode("utf-8"),
    }
