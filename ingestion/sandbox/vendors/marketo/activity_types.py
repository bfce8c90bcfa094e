"""Activity types and their attributes, as far as this company's marketing makes them."""

from dataclasses import dataclass

VISIT_WEBPAGE, FILL_OUT_FORM = 1, 2
NEW_LEAD, CHANGE_DATA_VALUE, CHANGE_SCORE = 12, 13, 22
MERGE_LEADS, DELETE_LEAD, CHANGE_STATUS = 32, 37, 104
MAIL_TYPES = {"SENT": 6, "DELIVERED": 7, "BOUNCE": 8, "STATUSCHANGE": 9, "OPEN": 10, "CLICK": 11}


@dataclass(frozen=True)
class ActivityType:
    """`attributes` are the names of the table's columns a1, a2 … in the attributes of a reply."""

    id: int
    name: str
    primary: str
    attributes: tuple[str, ...]
    primary_kind: str = "integer"


ACTIVITY_TYPES: dict[int, ActivityType] = {
    kind.id: kind
    for kind in (
        ActivityType(VISIT_WEBPAGE, "Visit Webpage", "Webpage ID",
                     ("Webpage URL", "Referrer URL", "User Agent")),
        ActivityType(FILL_OUT_FORM, "Fill Out Form", "Webform ID",
                     ("Form Fields", "Referrer URL", "User Agent")),
        ActivityType(6, "Send Email", "Mailing ID", ("Campaign Run ID",)),
        ActivityType(7, "Email Delivered", "Mailing ID", ("Campaign Run ID",)),
        ActivityType(8, "Email Bounced", "Mailing ID",
                     ("Campaign Run ID", "Category", "Details", "Email")),
        ActivityType(9, "Unsubscribe Email", "Mailing ID", ("Campaign Run ID", "Form Fields")),
        ActivityType(10, "Open Email", "Mailing ID",
                     ("Campaign Run ID", "Device", "Is Mobile Device", "User Agent")),
        ActivityType(11, "Click Email", "Mailing ID",
                     ("Campaign Run ID", "Link", "Device", "Is Mobile Device", "User Agent")),
        ActivityType(NEW_LEAD, "New Lead", "Lead ID", ("Source Type", "Lead Source")),
        ActivityType(CHANGE_DATA_VALUE, "Change Data Value", "Attribute Name",
                     ("New Value", "Old Value", "Reason", "Source"), "string"),
        ActivityType(CHANGE_SCORE, "Change Score", "Score Name",
                     ("Change Value", "New Value", "Old Value", "Reason"), "string"),
        ActivityType(MERGE_LEADS, "Merge Leads", "Lead ID",
                     ("Merge IDs", "Master Updated", "Merge Source", "Merged in Sales")),
        ActivityType(DELETE_LEAD, "Delete Lead", "Lead ID", ("Remove from CRM",)),
        ActivityType(CHANGE_STATUS, "Change Status in Progression", "Program ID",
                     ("New Status", "Old Status", "Success", "Acquired By", "Reason")),
    )
}  # fmt: skip
MOST_ATTRIBUTES = max(len(kind.attributes) for kind in ACTIVITY_TYPES.values())


def api_name(name: str) -> str:
    """`Webpage URL` → `Webpage_URL`."""
    return name.replace(" ", "_")
