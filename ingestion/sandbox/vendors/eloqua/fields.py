"""Field statements of Eloqua's markup language, and where the tables have their values."""

from dataclasses import dataclass
from typing import Any

from ingestion.sandbox.vendors.eloqua.refusals import invalid

STAMP = "1900-01-01T05:00:00.0000000Z"
CONTACT_FIELD = "{{{{Contact.Field({})}}}}"


@dataclass(frozen=True)
class ContactField:
    """A field of contacts: its names, its type, and the column of its value."""

    internal_name: str
    name: str
    data_type: str = "string"

    def describe(self, number: int) -> dict[str, Any]:
        is_email = self.data_type == "emailAddress"
        return {
            "name": self.name,
            "internalName": self.internal_name,
            "dataType": self.data_type,
            "hasReadOnlyConstraint": self.internal_name.startswith("C_Date"),
            "hasNotNullConstraint": False,
            "hasUniquenessConstraint": is_email,
            "statement": CONTACT_FIELD.format(self.internal_name),
            "uri": f"/contacts/fields/{100_000 + number}",
            "createdAt": STAMP,
            "updatedAt": STAMP,
        }


CONTACT_FIELDS = (
    ContactField("C_EmailAddress", "Email Address", "emailAddress"),
    ContactField("C_FirstName", "First Name"),
    ContactField("C_LastName", "Last Name"),
    ContactField("C_Company", "Company"),
    ContactField("C_Title", "Title"),
    ContactField("C_BusPhone", "Business Phone"),
    ContactField("C_Country", "Country"),
    ContactField("C_SalesPerson", "Salesperson"),
    ContactField("C_Industry1", "Industry"),
    ContactField("C_Lead_Source___Most_Recent1", "Lead Source - Most Recent"),
    ContactField("C_Lead_Status1", "Lead Status"),
    ContactField("C_Employees1", "Employees", "number"),
    ContactField("C_Product_Interest1", "Product Interest"),
    ContactField("C_DateCreated", "Date Created", "date"),
    ContactField("C_DateModified", "Date Modified", "date"),
)
CONTACT_STATEMENTS = {
    **{CONTACT_FIELD.format(each.internal_name): f'"{each.internal_name}"'
       for each in CONTACT_FIELDS},
    "{{Contact.Id}}": "id",
    "{{Contact.CreatedAt}}": '"C_DateCreated"',
    "{{Contact.UpdatedAt}}": '"C_DateModified"',
    "{{Contact.Email.IsSubscribed}}": "is_subscribed",
    "{{Contact.Email.IsBounced}}": "is_bounced",
    "{{Contact.Email.Format}}": "'unspecified'",
    "{{Contact.Account.Id}}": "account_id",
}  # fmt: skip

_ANY = {
    "{{Activity.Id}}": "id",
    "{{Activity.Type}}": "type",
    "{{Activity.CreatedAt}}": "occurred_at",
    "{{Activity.Contact.Id}}": "contact_id",
    "{{Activity.ExternalId}}": "external_id",
}
_ASSET = {
    "{{Activity.Asset.Type}}": "asset_type",
    "{{Activity.Asset.Name}}": "asset_name",
    "{{Activity.Asset.Id}}": "asset_id",
    "{{Activity.Campaign.Id}}": "campaign_id",
}
_MAIL = {
    **_ANY,
    **_ASSET,
    "{{Activity.Field(EmailAddress)}}": "email_address",
    "{{Activity.Field(EmailRecipientId)}}": "recipient_id",
}
_SENT = {
    **_MAIL,
    "{{Activity.Field(SubjectLine)}}": "subject_line",
    "{{Activity.Field(EmailWebLink)}}": "web_link",
    "{{Activity.Field(EmailDeploymentId)}}": "deployment_id",
    "{{Activity.Field(EmailSendType)}}": "send_type",
}
_VISITOR = {
    "{{Activity.Visitor.Id}}": "visitor_id",
    "{{Activity.Visitor.ExternalId}}": "visitor_external_id",
    "{{Activity.Field(IpAddress)}}": "ip_address",
}
_SEEN = {**_SENT, **_VISITOR}

ACTIVITY_STATEMENTS: dict[str, dict[str, str]] = {
    "EmailSend": _SENT,
    "EmailOpen": _SEEN,
    "EmailClickthrough": {**_SEEN, "{{Activity.Field(EmailClickedThruLink)}}": "link"},
    "Subscribe": _MAIL,
    "Unsubscribe": _MAIL,
    "Bounceback": {
        **_MAIL,
        "{{Activity.Field(EmailDeploymentId)}}": "deployment_id",
        "{{Activity.Field(SmtpErrorCode)}}": "'550'",
        "{{Activity.Field(SmtpStatusCode)}}": "'5.1.1'",
        "{{Activity.Field(SmtpMessage)}}": "'550 5.1.1 user unknown'",
    },
    "FormSubmit": {
        **_ANY,
        **_ASSET,
        "{{Activity.Visitor.Id}}": "visitor_id",
        "{{Activity.Visitor.ExternalId}}": "visitor_external_id",
        "{{Activity.Field(RawData)}}": "raw_data",
    },
    "PageView": {
        **_ANY,
        **_VISITOR,
        "{{Activity.Campaign.Id}}": "campaign_id",
        "{{Activity.Field(WebVisitId)}}": "id",
        "{{Activity.Field(Url)}}": "url",
        "{{Activity.Field(ReferrerUrl)}}": "referrer_url",
        "{{Activity.Field(IsWebTrackingOptedIn)}}": "true",
    },
    "WebVisit": {
        **_ANY,
        **_VISITOR,
        "{{Activity.Field(ReferrerUrl)}}": "referrer_url",
        "{{Activity.Field(NumberOfPages)}}": "1",
        "{{Activity.Field(FirstPageViewUrl)}}": "url",
        "{{Activity.Field(Duration)}}": "'00:00:30'",
    },
}


def columns_of(fields: dict[str, str], known: dict[str, str]) -> str:
    """A selection of a definition's fields under its names; refuses statements there are not."""
    unknown = [statement for statement in fields.values() if statement not in known]
    if unknown:
        raise invalid("fields", unknown[0], "Must be a valid field statement")
    quoted = ((name.replace('"', '""'), statement) for name, statement in fields.items())
    return ", ".join(f'{known[statement]} as "{name}"' for name, statement in quoted)
