"""Marketo Engage: what is landed, and how much the vendor allows."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import CUSTOM_FIELDS, Entity, columns
from ingestion.http import Rate

TOKEN_PATH = "/identity/oauth/token"
# 100 calls in any 20 seconds: a first burst of 20 and four a second stay below it.
RATE = Rate(calls=20, per_seconds=5)
RATE_WINDOW_SECONDS = 20.0
# A subscription has 50,000 calls a day.
BUDGET = DailyBudget(calls=25_000, zone="America/Chicago")
PAGE_ROWS = 300
ASSET_ROWS = 200
LOG_TYPES = 10  # types of activity a call may ask for
# Activities reach the log late, mails above all.
OVERLAP = timedelta(hours=1)
DELETED_KEPT = timedelta(days=14)

BULK_FROM_PAGES = 10
BULK_SPAN = timedelta(days=31)
BULK_PROGRAMS = 10
BULK_AHEAD = 2  # the vendor works on two exports at a time
BULK_POLL_SECONDS = 60.0
BULK_WAIT_SECONDS = 7_200.0
BULK_QUEUE_SECONDS = 3_600.0
BULK_NULLS = ("", "null")
HISTORY_START = datetime(2007, 1, 1, tzinfo=UTC)
FIRST_IDS = 30_000


class Connection(BaseModel):
    """A custom service of LaunchPoint; `base_url` is the endpoint without `/rest`."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    client_id: str
    client_secret: SecretStr


VISIT_WEBPAGE, FILL_OUT_FORM, CLICK_LINK = 1, 2, 3
SEND_EMAIL, EMAIL_DELIVERED, EMAIL_BOUNCED, UNSUBSCRIBE_EMAIL, OPEN_EMAIL, CLICK_EMAIL = range(
    6, 12
)
NEW_LEAD, CHANGE_DATA_VALUE, CHANGE_SCORE, EMAIL_BOUNCED_SOFT = 12, 13, 22, 27
MERGE_LEADS, DELETE_LEAD, CHANGE_STATUS = 32, 37, 104

ACTIVITY_TYPE_IDS = (
    VISIT_WEBPAGE, FILL_OUT_FORM, CLICK_LINK, SEND_EMAIL, EMAIL_DELIVERED, EMAIL_BOUNCED,
    UNSUBSCRIBE_EMAIL, OPEN_EMAIL, CLICK_EMAIL, NEW_LEAD, CHANGE_SCORE, EMAIL_BOUNCED_SOFT,
    MERGE_LEADS, DELETE_LEAD, CHANGE_STATUS,
)  # fmt: skip
# What tells that a lead has another version.
LEAD_CHANGE_IDS = (NEW_LEAD, CHANGE_DATA_VALUE, CHANGE_SCORE, MERGE_LEADS, DELETE_LEAD)

LEAD_FIELDS = {
    "id": "id", "firstName": "first_name", "lastName": "last_name", "email": "email",
    "company": "company", "title": "title", "phone": "phone", "industry": "industry",
    "numberOfEmployees": "number_of_employees", "country": "country", "leadSource": "lead_source",
    "leadStatus": "lead_status", "leadScore": "lead_score", "unsubscribed": "unsubscribed",
    "emailInvalid": "email_invalid", "acquisitionProgramId": "acquisition_program_id",
    "sfdcLeadId": "sfdc_lead_id", "sfdcContactId": "sfdc_contact_id",
    "sfdcAccountId": "sfdc_account_id", "createdAt": "created_at", "updatedAt": "updated_at",
}  # fmt: skip
# Fields every subscription has and nobody asked for; all others are the subscription's own.
UNUSED_FIELDS = frozenset({
    "address", "anniversaryIp", "annualRevenue", "anonymousIP", "billingCity", "billingCountry",
    "billingPostalCode", "billingState", "billingStreet", "blackListed", "blackListedCause", "city",
    "contactCompany", "cookies", "dateOfBirth", "department", "doNotCall", "doNotCallReason",
    "ecids", "emailInvalidCause", "emailSuspended", "emailSuspendedAt", "emailSuspendedCause",
    "externalCompanyId", "externalSalesPersonId", "fax", "gender", "inferredCity",
    "inferredCompany", "inferredCountry", "inferredMetropolitanArea", "inferredPhoneAreaCode",
    "inferredPostalCode", "inferredStateRegion", "isAnonymous", "isLead", "leadOwnerEmailAddress",
    "leadOwnerFirstName", "leadOwnerJobTitle", "leadOwnerLastName", "leadOwnerPhoneNumber",
    "leadPartitionId", "leadPerson", "leadRevenueCycleModelId", "leadRevenueStageId", "leadRole",
    "mainPhone", "marketingSuspended", "marketingSuspendedCause", "middleName",
    "mktoAcquisitionDate", "mktoCompanyNotes", "mktoDoNotCallCause", "mktoIsCustomer",
    "mktoIsPartner", "mktoName", "mktoPersonNotes", "mobilePhone", "numberOfEmployeesProspect",
    "originalReferrer", "originalSearchEngine", "originalSearchPhrase", "originalSourceInfo",
    "originalSourceType", "personLevelEngagementScore", "personPrimaryLeadInterest",
    "personTimeZone", "personType", "phonePrefix", "postalCode", "priority", "rating",
    "registrationSourceInfo", "registrationSourceType", "relativeScore", "relativeUrgency",
    "salutation", "sfdcId", "sfdcLeadOwnerId", "sfdcType", "sicCode", "site", "state",
    "unsubscribedReason", "urgency", "website",
})  # fmt: skip
MEMBER_FIELDS = {
    "programId": "program_id", "leadId": "lead_id", "statusName": "status_name",
    "reachedSuccess": "reached_success", "reachedSuccessDate": "reached_success_date",
    "membershipDate": "membership_date", "acquiredBy": "acquired_by", "updatedAt": "updated_at",
}  # fmt: skip
ACTIVITY_FIELDS = {
    "marketoGUID": "marketo_guid", "leadId": "lead_id", "activityDate": "activity_date",
    "activityTypeId": "activity_type_id", "campaignId": "campaign_id",
    "primaryAttributeValueId": "primary_attribute_value_id",
    "primaryAttributeValue": "primary_attribute_value", "attributes": "attributes",
}  # fmt: skip

LEADS = Entity(
    "leads",
    ("id",),
    columns(
        text="id first_name last_name email company title phone industry country lead_source"
        " lead_status acquisition_program_id sfdc_lead_id sfdc_contact_id sfdc_account_id"
        " merged_into_id",
        count="number_of_employees lead_score",
        flag="unsubscribed email_invalid",
        instant="created_at updated_at",
    ).append(pa.field(CUSTOM_FIELDS, pa.string())),
    "People known to marketing; a merged-away one is deleted and names who took it in.",
    "updated_at",
)
ACTIVITIES = Entity(
    "activities",
    ("marketo_guid",),
    columns(
        text="marketo_guid lead_id campaign_id primary_attribute_value_id primary_attribute_value"
        " attributes",
        count="activity_type_id",
        instant="activity_date",
    ),
    "What people did and what was done to them, by type; `attributes` is a JSON object.",
    "activity_date",
)
DELETED_LEADS = Entity(
    "deleted_leads",
    ("lead_id",),
    columns(text="lead_id marketo_guid primary_attribute_value", instant="activity_date"),
    "Leads that were deleted, and when.",
    "activity_date",
)
PROGRAM_MEMBERS = Entity(
    "program_members",
    ("program_id", "lead_id"),
    columns(
        text="program_id lead_id status_name",
        flag="reached_success acquired_by",
        instant="reached_success_date membership_date updated_at",
    ),
    "Which lead is in which program, and how far.",
    "updated_at",
)
PROGRAM_COSTS = Entity(
    "program_costs",
    ("program_id",),
    columns(text="program_id costs tags", instant="updated_at"),
    "Period costs of a program as a JSON array of startDate, cost and note.",
    "updated_at",
)


def _asset(name: str, description: str, **more: str) -> Entity:
    """An entity of the asset API: a short list that is read whole each time."""
    typed = {
        **more,
        "text": f"id name description workspace folder {more.get('text', '')}",
        "instant": "created_at updated_at",
    }
    return Entity(name, ("id",), columns(typed), description, memory="latest")


PROGRAMS = _asset("programs", "Marketing programs.", text="type channel status sfdc_id url")
SMART_CAMPAIGNS = _asset(
    "smart_campaigns", "Smart campaigns: what sends e-mails and changes leads.",
    text="type status parent_program_id", flag="is_active is_system is_requestable",
)  # fmt: skip
EMAILS = _asset(
    "emails", "E-mail assets.", text="status subject from_name from_email template",
    flag="operational text_only",
)  # fmt: skip
CHANNELS = Entity(
    "channels",
    ("id",),
    columns(
        text="id name applicable_program_type progression_statuses",
        instant="created_at updated_at",
    ),
    "Channels of programs with the statuses a member can have, a JSON array.",
    memory="latest",
)
ACTIVITY_TYPES = Entity(
    "activity_types",
    ("id",),
    columns(text="name description primary_attribute attributes", count="id"),
    "The subscription's types of activity; `attributes` is a JSON array of names.",
    memory="latest",
)

ENTITIES: tuple[Entity, ...] = (
    LEADS, ACTIVITIES, DELETED_LEADS, PROGRAM_MEMBERS, PROGRAMS, PROGRAM_COSTS, SMART_CAMPAIGNS,
    EMAILS, CHANNELS, ACTIVITY_TYPES,
)  # fmt: skip

_LEAD, _ACTIVITY, _ASSETS = (
    f"Access API → Read-Only {part}" for part in ("Lead", "Activity", "Assets")
)
PERMISSIONS: Mapping[str, str] = {
    "leads": _LEAD,
    "program_members": _LEAD,
    **dict.fromkeys(("activities", "deleted_leads", "activity_types"), _ACTIVITY),
    **dict.fromkeys(
        ("programs", "program_costs", "smart_campaigns", "emails", "channels"), _ASSETS
    ),
}
