"""Account Engagement (Pardot): which objects are landed, with which fields."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import CUSTOM_FIELDS, Entity, columns
from ingestion.http import Rate

API = "/api/v5/objects"
TOKEN_PATH = "services/oauth2/token"
# There is no rate, only a number of calls a day (25,000 in the smallest edition) and five at once;
# a landing reads four entities at a time. The rate keeps a mistake from using up the day.
RATE = Rate(calls=50, per_seconds=10)
# The smallest edition has 25,000 calls a day.
BUDGET = DailyBudget(calls=12_500)
PAGE_ROWS = 1_000
# A chain of page tokens ends without a word after this many records.
CHAIN_ROWS = 100_000


class Connection(BaseModel):
    """A connected app with the scope `pardot_api`, and the business unit's id (0Uv…)."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    login_url: str
    client_id: str
    client_secret: SecretStr
    business_unit_id: str


@dataclass(frozen=True)
class PardotObject:
    """An object of the API: its path, its fields as the API names them, and what queries may do.

    `has_bin`: deleted records stay in the recycle bin with `isDeleted`. `has_cursor`: queries can
    ask for records by their time of change.
    """

    path: str
    entity: Entity
    fields: tuple[str, ...]
    has_bin: bool = True
    has_cursor: bool = True

    @property
    def has_custom_fields(self) -> bool:
        return CUSTOM_FIELDS in self.entity.columns.names


def column_of(field: str) -> str:
    """`isDoNotEmail` → `is_do_not_email`."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", field).lower()


def _object(
    path: str,
    description: str,
    *,
    custom: bool = False,
    has_bin: bool = True,
    has_cursor: bool = True,
    **fields: str,
) -> PardotObject:
    typed = {
        "text": f"id {fields.get('text', '')}",
        "number": fields.get("number", ""),
        "count": fields.get("count", ""),
        "flag": fields.get("flag", ""),
        "instant": f"createdAt updatedAt {fields.get('instant', '')}",
    }
    schema = columns({kind: column_of_each(names) for kind, names in typed.items()})
    if custom:
        schema = schema.append(pa.field(CUSTOM_FIELDS, pa.string()))
    entity = Entity(
        path.replace("-", "_"),
        ("id",),
        schema,
        description,
        "updated_at" if has_cursor else None,
        "overlap" if has_cursor else "latest",
    )
    asked = [name for names in typed.values() for name in names.split()]
    if has_bin:
        asked.append("isDeleted")
    return PardotObject(path, entity, tuple(asked), has_bin, has_cursor)


def column_of_each(fields: str) -> str:
    return " ".join(column_of(field) for field in fields.split())


PROSPECTS = _object(
    "prospects",
    "People that marketing knows by their address; score and grade as they are now.",
    custom=True,
    text="email firstName lastName company jobTitle phone industry city state country website"
    " source campaignId assignedToId lifecycleStageId prospectAccountId grade salesforceId"
    " salesforceLeadId salesforceContactId salesforceAccountId salesforceOwnerId"
    " emailBouncedReason",
    count="score employees",
    flag="optedOut isDoNotEmail isDoNotCall isEmailHardBounced isReviewed",
    instant="lastActivityAt firstActivityAt convertedAt emailBouncedAt",
)  # fmt: skip
OBJECTS: tuple[PardotObject, ...] = (
    PROSPECTS,
    _object(
        "visitors",
        "Browsers seen on the web site; identified ones name their prospect.",
        text="prospectId campaignId hostname ipAddress sourceParameter mediumParameter"
        " campaignParameter contentParameter termParameter",
        count="pageViewCount",
        flag="isIdentified",
    ),
    _object(
        "visitor-activities",
        "What visitors and prospects did: e-mails sent, opened, clicked; forms, pages, deals.",
        has_bin=False,
        text="prospectId visitorId typeName details campaignId emailId listEmailId formId"
        " formHandlerId landingPageId customRedirectId fileId opportunityId",
        count="type",
    ),
    _object(
        "campaigns",
        "Campaigns; Salesforce's where the two are connected.",
        text="name salesforceId folderId parentCampaignId",
        number="cost",
    ),
    _object(
        "lists",
        "Lists of prospects.",
        text="name title description campaignId folderId",
        flag="isDynamic isPublic isSalesforceVisible",
    ),
    _object(
        "list-memberships",
        "Which prospect is on which list.",
        text="listId prospectId",
        flag="optedOut",
    ),
    _object(
        "forms",
        "Forms of the web site.",
        has_cursor=False,
        text="name campaignId folderId salesforceId",
    ),
    _object(
        "list-emails",
        "E-mails to lists.",
        text="name subject campaignId emailTemplateId folderId clientType",
        flag="isSent isPaused isOperational",
        instant="sentAt",
    ),
    _object(
        "opportunities",
        "Salesforce's opportunities as Account Engagement sees them; probability in percent.",
        text="name type stage status campaignId salesforceId",
        number="value probability",
        instant="closedAt",
    ),
)

STATS_COUNTS = (
    "sent delivered opens uniqueOpens totalClicks uniqueClicks optOuts hardBounced softBounced"
    " spamComplaints"
)
STATS_RATES = "deliveryRate opensRate clickThroughRate optOutRate"
LIST_EMAIL_STATS = Entity(
    "list_email_stats",
    ("list_email_id",),
    columns(
        text="list_email_id",
        count=column_of_each(STATS_COUNTS),
        number=column_of_each(STATS_RATES),
    ),
    "Figures of each list e-mail since it was sent; rates from 0 to 1 as the vendor rounds them.",
    memory="latest",
)
PROSPECT_SCORES = Entity(
    "prospect_scores",
    ("prospect_id", "snapshot_date"),
    columns(text="prospect_id grade", count="score", date="snapshot_date"),
    "Score and grade of every prospect on a day (UTC), as first seen on it; the vendor keeps no"
    " history.",
    cursor="snapshot_date",
)

ENTITIES: tuple[Entity, ...] = (
    *(kind.entity for kind in OBJECTS),
    LIST_EMAIL_STATS,
    PROSPECT_SCORES,
)

_PEOPLE, _SEGMENTATION = "Prospects, Visitors", "Marketing: Segmentation"
_MARKETING = "Marketing: Emails, Forms, Campaigns"
PERMISSIONS: Mapping[str, str] = {
    **dict.fromkeys(("prospects", "visitors", "visitor_activities", "prospect_scores"), _PEOPLE),
    **dict.fromkeys(("lists", "list_memberships"), _SEGMENTATION),
    **dict.fromkeys(("campaigns", "forms", "list_emails", "list_email_stats"), _MARKETING),
    "opportunities": "Opportunities",
}
