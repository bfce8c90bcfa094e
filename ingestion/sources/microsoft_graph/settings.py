"""Microsoft Graph: which people and which parts of their messages and meetings are landed.

Headers alone: of messages the properties below are asked for, no body and no preview. Events come
with what the application may read; the properties below are kept.
"""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import Entity, columns
from ingestion.http import Rate

API = "/v1.0"
# 10,000 calls in ten minutes and four at once for an application and a mailbox.
RATE = Rate(calls=40, per_seconds=1)
# No number of a day is known; 24 quiet runs over 200 mailboxes of 20 folders take 7,000.
BUDGET = DailyBudget(calls=100_000)
WORKERS = 4
REQUESTS_A_BATCH = 20
REQUESTS_OF_A_MAILBOX = 4
MAILBOXES_A_GROUP = 5
# A test of the permissions asks for as many in four calls.
MAILBOXES_OF_A_TEST = 80
PAGE_ROWS = 500
USERS_A_PAGE = 999
USER_FIELDS = (
    "id,displayName,mail,userPrincipalName,jobTitle,department,accountEnabled,userType,"
    "createdDateTime,proxyAddresses"
)
FOLDER_FIELDS = "id,displayName,childFolderCount"
MESSAGE_FIELDS = (
    "subject,from,toRecipients,ccRecipients,sentDateTime,receivedDateTime,lastModifiedDateTime,"
    "internetMessageId,conversationId,conversationIndex,parentFolderId,hasAttachments,isRead,isDraft"
)
EVENT_FIELDS = (
    "subject,organizer,attendees,start,end,originalStartTimeZone,originalEndTimeZone,isAllDay,"
    "isCancelled,isOrganizer,isOnlineMeeting,iCalUId,seriesMasterId,type,showAs,sensitivity,"
    "responseStatus,createdDateTime,lastModifiedDateTime"
)
# Not exchanged with anyone, or not wanted. Their ids must be asked for: names are in any language.
LEFT_OUT = ("drafts", "junkemail", "outbox")
# A calendar's view spans 1,825 days at most. It is opened anew when its end comes near.
VIEW_BEFORE = timedelta(days=365)
VIEW_AFTER = timedelta(days=365)
VIEW_LEFT = timedelta(days=180)
LONGEST_VIEW = timedelta(days=1_825)


class Connection(BaseModel):
    """An app registration with application permissions."""

    model_config = ConfigDict(extra="forbid")

    tenant_id: str
    client_id: str
    client_secret: SecretStr
    base_url: str = "https://graph.microsoft.com"
    login_url: str = "https://login.microsoftonline.com"


MAILBOXES = Entity(
    "mailboxes",
    ("id",),
    columns(
        text="id email name user_principal_name job_title department user_type addresses",
        flag="is_enabled",
        instant="created_at",
    ),
    "People of the tenant with an address; addresses are a JSON list.",
    memory="latest",
)
MESSAGES = Entity(
    "messages",
    ("mailbox_id", "id"),
    columns(
        text="mailbox_id id mailbox_email folder_id folder_name conversation_id conversation_index"
        " message_id from_name from_address to_addresses cc_addresses subject",
        flag="is_sent is_read has_attachments",
        instant="sent_at received_at modified_at",
    ),
    "Headers of messages by mailbox; recipients' addresses as JSON lists.",
    cursor="modified_at",
)
MEETINGS = Entity(
    "meetings",
    ("mailbox_id", "id"),
    columns(
        text="mailbox_id id mailbox_email ical_uid type series_master_id subject organizer_name"
        " organizer_address attendees response show_as sensitivity start_time_zone end_time_zone",
        flag="is_all_day is_cancelled is_organizer is_online",
        instant="starts_at ends_at created_at modified_at",
    ),
    "Headers of meetings by calendar, each time of a series for itself; attendees are a JSON list"
    " of address, name, type, response and its time.",
    cursor="modified_at",
)

ENTITIES: tuple[Entity, ...] = (MAILBOXES, MESSAGES, MEETINGS)

PERMISSIONS: Mapping[str, str] = {
    MAILBOXES.name: "User.Read.All",
    MESSAGES.name: "Mail.ReadBasic.All",
    MEETINGS.name: "Calendars.ReadBasic.All",
}
