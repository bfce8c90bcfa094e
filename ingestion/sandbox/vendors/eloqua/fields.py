"""Field statements of Eloqua's markup language, and where the tables have their values."""

from dataclasses import dataclass
from typing import Any

from ingestion.sandbox.marketing import CAMPAIGN_PAGE, FORMS
from ingestion.sandbox.vendors.eloqua.eloqua_tables import (
    EMAIL_GROUPS,
    FIRST_CONTACT,
    FIRST_VISITOR,
    SITE,
)
from ingestion.sandbox.vendors.eloqua.refusals import invalid

MAIL_SITE = "https://app.meridia-cloud.example"
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
    "{{Activity.Contact.Id}}": f"case when is_known then {FIRST_CONTACT} + person_n end",
    "{{Activity.ExternalId}}": "'MDCE' || upper(hex(id))",
}
_ASSET = {
    "{{Activity.Asset.Type}}": "asset_type",
    "{{Activity.Asset.Name}}": f"""case asset_type
        when 'EmailGroup' then list_extract({list(EMAIL_GROUPS)}, asset_id)
        when 'Form' then list_extract({[form.name for form in FORMS]}, form_n)
        else mail_name end""",
    "{{Activity.Asset.Id}}": "asset_id",
    "{{Activity.Campaign.Id}}": "campaign_id",
}
_MAIL = {
    **_ANY,
    **_ASSET,
    "{{Activity.Field(EmailAddress)}}": "email",
    "{{Activity.Field(EmailRecipientId)}}": (
        "md5('recipient' || person_n || coalesce(email_campaign_n, 0))"
    ),
}
_SENT = {
    **_MAIL,
    "{{Activity.Field(SubjectLine)}}": "subject",
    "{{Activity.Field(EmailWebLink)}}": f"'{MAIL_SITE}/e/es?e=' || email_campaign_n",
    "{{Activity.Field(EmailDeploymentId)}}": "email_campaign_n",
    "{{Activity.Field(EmailSendType)}}": "'Campaign'",
}
_VISITOR = {
    "{{Activity.Visitor.Id}}": f"{FIRST_VISITOR} + person_n",
    "{{Activity.Visitor.ExternalId}}": "md5('visitor' || person_n)",
}
_BROWSER = {**_VISITOR, "{{Activity.Field(IpAddress)}}": "'203.0.113.' || hash(person_n) % 254"}
_URL = f"'{SITE}' || page"
_REFERRER = "if(hash(id) % 2 = 0, 'https://search.example/', null)"
_SEEN = {**_SENT, **_BROWSER}

ACTIVITY_STATEMENTS: dict[str, dict[str, str]] = {
    "EmailSend": _SENT,
    "EmailOpen": _SEEN,
    "EmailClickthrough": {
        **_SEEN,
        "{{Activity.Field(EmailClickedThruLink)}}": f"'{SITE}{CAMPAIGN_PAGE}'",
    },
    "Subscribe": _MAIL,
    "Unsubscribe": _MAIL,
    "Bounceback": {
        **_MAIL,
        "{{Activity.Field(EmailDeploymentId)}}": "email_campaign_n",
        "{{Activity.Field(SmtpErrorCode)}}": "'550'",
        "{{Activity.Field(SmtpStatusCode)}}": "'5.1.1'",
        "{{Activity.Field(SmtpMessage)}}": "'550 5.1.1 user unknown'",
    },
    "FormSubmit": {
        **_ANY,
        **_ASSET,
        **_VISITOR,
        "{{Activity.Field(RawData)}}": "'elqFormName=' || form_n || '&emailAddress=' || email",
    },
    "PageView": {
        **_ANY,
        **_BROWSER,
        "{{Activity.Campaign.Id}}": "campaign_id",
        "{{Activity.Field(WebVisitId)}}": "id",
        "{{Activity.Field(Url)}}": _URL,
        "{{Activity.Field(ReferrerUrl)}}": _REFERRER,
        "{{Activity.Field(IsWebTrackingOptedIn)}}": "true",
    },
    "WebVisit": {
        **_ANY,
        **_BROWSER,
        "{{Activity.Field(ReferrerUrl)}}": _REFERRER,
        "{{Activity.Field(NumberOfPages)}}": "1",
        "{{Activity.Field(FirstPageViewUrl)}}": _URL,
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
