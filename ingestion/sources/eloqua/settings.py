"""Oracle Eloqua: what is landed, and how much the vendor allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import CUSTOM_FIELDS, Entity, columns
from ingestion.http import Rate

BULK = "/API/Bulk/2.0"
REST = "/API/REST"
# No rate is published for calls; 2,000 exports an hour are, and a run needs a dozen.
RATE = Rate(calls=20, per_seconds=5)
# Nor is a number of a day; a quiet day of 24 runs takes 1,100.
BUDGET = DailyBudget(calls=10_000)

EXPORT_ROWS = 20_000  # of 50,000 that a page of exported data may have
EXPORT_BYTES = 24 * 1024 * 1024  # of 32 MB that an answer may have
FIELD_BYTES = 64  # what a value takes with its name, on average
FIELD_ROWS = 1_000
ASSET_ROWS = 100  # assets are big: whole mails, whole forms
ID_ROWS = 1_000
MOST_FIELDS = 250  # of an export
MOST_ACTIVITIES = 5_000_000  # of an export; it fails or is cut off beyond
SHORTEST_SPAN = timedelta(days=1)
HISTORY_START = datetime(2000, 1, 1, tzinfo=UTC)
POLL_SECONDS = 30.0
WAIT_SECONDS = 10_800.0

# Activities are recorded a little late, and visits find their contact when a form tells who it was.
OVERLAP = timedelta(hours=2)
# Servers' clocks differ: activities are asked for up to a time that has not come.
AHEAD = timedelta(days=1)
# Bouncebacks are recorded hours or days after they happened; the last hour's not at all.
BOUNCE_LAG = timedelta(hours=1)
BOUNCE_OVERLAP = timedelta(days=1)
BOUNCE_REVISIT = timedelta(days=14)
# In which zone a search for changed assets takes its time is not documented: a day covers them all.
ASSET_OVERLAP = timedelta(days=1)
# Whether somebody is subscribed is no contact field: it need not move the time of change.
CONTACT_REVISIT = timedelta(days=7)


class Connection(BaseModel):
    """A user of the API. `base_url` is the login host, which tells where the account lives."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    company: str
    username: str
    password: SecretStr


CONTACT_FIELDS = {
    "C_EmailAddress": "email_address", "C_FirstName": "first_name", "C_LastName": "last_name",
    "C_Company": "company", "C_Title": "title", "C_BusPhone": "bus_phone",
    "C_MobilePhone": "mobile_phone", "C_City": "city", "C_State_Prov": "state_prov",
    "C_Zip_Postal": "zip_postal", "C_Country": "country", "C_SalesPerson": "sales_person",
    "C_Industry1": "industry", "C_Lead_Source___Most_Recent1": "lead_source",
    "C_Lead_Status1": "lead_status", "C_SFDCContactID": "sfdc_contact_id",
    "C_SFDCLeadID": "sfdc_lead_id", "C_SFDCAccountID": "sfdc_account_id",
    "C_DateCreated": "created_at", "C_DateModified": "updated_at",
}  # fmt: skip
CONTACT_ATTRIBUTES = {
    "id": "{{Contact.Id}}", "account_id": "{{Contact.Account.Id}}",
    "is_subscribed": "{{Contact.Email.IsSubscribed}}", "is_bounced": "{{Contact.Email.IsBounced}}",
}  # fmt: skip
CHANGED_AT = "{{Contact.Field(C_DateModified)}}"

ACTIVITY_ID, ACTIVITY_TYPE, OCCURRED_AT = (
    "{{Activity.Id}}", "{{Activity.Type}}", "{{Activity.CreatedAt}}",
)  # fmt: skip
_EVERY = {
    "activity_id": ACTIVITY_ID, "activity_type": ACTIVITY_TYPE, "activity_date": OCCURRED_AT,
    "contact_id": "{{Activity.Contact.Id}}", "external_id": "{{Activity.ExternalId}}",
}  # fmt: skip
_ASSET = {
    "asset_type": "{{Activity.Asset.Type}}", "asset_id": "{{Activity.Asset.Id}}",
    "asset_name": "{{Activity.Asset.Name}}", "campaign_id": "{{Activity.Campaign.Id}}",
}  # fmt: skip
_MAIL = {
    **_EVERY, **_ASSET, "email_address": "{{Activity.Field(EmailAddress)}}",
    "email_recipient_id": "{{Activity.Field(EmailRecipientId)}}",
}  # fmt: skip
_DEPLOYED = {"deployment_id": "{{Activity.Field(EmailDeploymentId)}}"}
_SENT = {
    **_MAIL, **_DEPLOYED, "subject_line": "{{Activity.Field(SubjectLine)}}",
    "email_send_type": "{{Activity.Field(EmailSendType)}}",
}  # fmt: skip
_VISITOR = {
    "visitor_id": "{{Activity.Visitor.Id}}",
    "visitor_external_id": "{{Activity.Visitor.ExternalId}}",
}
_WEB = {
    **_EVERY, **_VISITOR, "ip_address": "{{Activity.Field(IpAddress)}}",
    "referrer_url": "{{Activity.Field(ReferrerUrl)}}",
}  # fmt: skip
_SEEN = {**_SENT, **_VISITOR, "ip_address": "{{Activity.Field(IpAddress)}}"}

# Columns and field statements of each type of activity.
ACTIVITY_TYPES: dict[str, dict[str, str]] = {
    "EmailSend": _SENT,
    "EmailOpen": _SEEN,
    "EmailClickthrough": {**_SEEN, "url": "{{Activity.Field(EmailClickedThruLink)}}"},
    "Subscribe": _MAIL,
    "Unsubscribe": _MAIL,
    "FormSubmit": {
        **_EVERY, **_ASSET, **_VISITOR, "raw_data": "{{Activity.Field(RawData)}}",
    },
    "PageView": {
        **_WEB, "campaign_id": "{{Activity.Campaign.Id}}", "url": "{{Activity.Field(Url)}}",
        "web_visit_id": "{{Activity.Field(WebVisitId)}}",
    },
    "WebVisit": {
        **_WEB, "url": "{{Activity.Field(FirstPageViewUrl)}}",
        "number_of_pages": "{{Activity.Field(NumberOfPages)}}",
        "duration": "{{Activity.Field(Duration)}}",
    },
}  # fmt: skip
BOUNCEBACK_TYPES = {
    "Bounceback": {
        **_MAIL, **_DEPLOYED, "smtp_error_code": "{{Activity.Field(SmtpErrorCode)}}",
        "smtp_status_code": "{{Activity.Field(SmtpStatusCode)}}",
        "smtp_message": "{{Activity.Field(SmtpMessage)}}",
    },
}  # fmt: skip

CONTACTS = Entity(
    "contacts",
    ("id",),
    columns(
        text="id account_id email_address first_name last_name company title bus_phone"
        " mobile_phone city state_prov zip_postal country sales_person industry lead_source"
        " lead_status sfdc_contact_id sfdc_lead_id sfdc_account_id",
        flag="is_subscribed is_bounced",
        instant="created_at updated_at",
    ).append(pa.field(CUSTOM_FIELDS, pa.string())),
    "People that Eloqua knows.",
    "updated_at",
)


def _activities(name: str, description: str, **own: str) -> Entity:
    """Activities are numbered within their type."""
    shared = (
        "activity_type activity_id contact_id external_id asset_type asset_id asset_name"
        " campaign_id email_address email_recipient_id deployment_id"
    )
    typed = {**own, "text": f"{shared} {own['text']}", "instant": "activity_date"}
    key = ("activity_type", "activity_id")
    return Entity(name, key, columns(typed), description, "activity_date")


ACTIVITIES = _activities(
    "activities",
    "What was sent to people and what they did: mails, forms, pages, subscriptions.",
    text="subject_line email_send_type visitor_id visitor_external_id ip_address url referrer_url"
    " raw_data web_visit_id duration",
    count="number_of_pages",
)
BOUNCEBACKS = _activities(
    "bouncebacks", "Mails that came back.", text="smtp_error_code smtp_status_code smtp_message"
)


@dataclass(frozen=True)
class Asset:
    """A list of the application API: its path, and its fields by column.

    `has_archive`: archived ones come only to those who ask.
    """

    entity: Entity
    path: str
    fields: dict[str, str]
    has_archive: bool = False


def _asset(
    name: str, path: str, description: str, *, has_archive: bool = False, **more: str
) -> Asset:
    """Columns are the fields in snake case: `startAt` → `start_at`."""
    typed = {
        **more,
        "text": f"id name createdBy updatedBy {more.get('text', '')}",
        "instant": f"createdAt updatedAt {more.get('instant', '')}",
    }
    fields = {_snake(field): field for names in typed.values() for field in names.split()}
    schema = columns({
        kind: " ".join(_snake(field) for field in names.split()) for kind, names in typed.items()
    })  # fmt: skip
    return Asset(
        Entity(name, ("id",), schema, description, "updated_at"), path, fields, has_archive
    )


def _snake(field: str) -> str:
    """`isIncludedInROI` → `is_included_in_roi`."""
    parts = (
        f"_{letter}" if letter.isupper() and not field[index - 1 : index].isupper() else letter
        for index, letter in enumerate(field)
    )
    return "".join(parts).lower()


CAMPAIGNS = _asset(
    "campaigns", "2.0/assets/campaigns", "Campaigns, mailings among them.",
    text="description currentStatus campaignType campaignCategory product region crmId folderId",
    number="budgetedCost actualCost", count="memberCount",
    flag="isEmailMarketingCampaign isReadOnly isIncludedInROI isSyncedWithCRM",
    instant="startAt endAt firstActivation",
)  # fmt: skip
EMAILS = _asset(
    "emails", "2.0/assets/emails", "E-mail assets.", has_archive=True,
    text="description currentStatus subject emailGroupId senderName senderEmail replyToEmail"
    " folderId",
    flag="isTracked isPrivate sendPlainTextOnly archived",
)  # fmt: skip
FORMS = _asset(
    "forms", "2.0/assets/forms", "Forms of the web site.", has_archive=True,
    text="description currentStatus htmlName processingType folderId",
    flag="isHidden isResponsive archived",
)  # fmt: skip
EMAIL_GROUPS = _asset(
    "email_groups", "1.0/assets/email/groups", "What people subscribe to; `email_ids` is JSON.",
    text="description displayName subscriptionListId unSubscriptionListId emailIds",
    flag="isVisibleInPublicSubscriptionList",
)  # fmt: skip

ENTITIES: tuple[Entity, ...] = (
    CONTACTS, ACTIVITIES, BOUNCEBACKS, CAMPAIGNS.entity, EMAILS.entity, FORMS.entity,
    EMAIL_GROUPS.entity,
)  # fmt: skip

_VIEW_CONTACTS, _VIEW_ASSETS = "Contacts: view and export", "{}: view"
PERMISSIONS: Mapping[str, str] = {
    **dict.fromkeys((CONTACTS.name, ACTIVITIES.name, BOUNCEBACKS.name), _VIEW_CONTACTS),
    CAMPAIGNS.entity.name: _VIEW_ASSETS.format("Campaigns"),
    EMAILS.entity.name: _VIEW_ASSETS.format("Emails"),
    FORMS.entity.name: _VIEW_ASSETS.format("Forms"),
    EMAIL_GROUPS.entity.name: _VIEW_ASSETS.format("Email Groups"),
}
