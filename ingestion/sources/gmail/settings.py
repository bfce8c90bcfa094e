"""Gmail: which people and which parts of their messages are landed.

Of a message its labels, its size and the headers below; no body, no preview, no attachment. The
scope `gmail.metadata` gives no more, and only these headers are asked for.
"""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import Entity, columns
from ingestion.http import Rate

METADATA_SCOPE = "https://www.googleapis.com/auth/gmail.metadata"
DIRECTORY_SCOPE = "https://www.googleapis.com/auth/admin.directory.user.readonly"
# A mailbox has 15,000 quota units a minute (250 a second), of which a message costs 5.
RATE = Rate(calls=40, per_seconds=1)
# Each message of a year is a call of the first run, which cannot be taken up in its middle.
BUDGET = DailyBudget(calls=1_000_000, zone="America/Los_Angeles")
WORKERS = 8
PAGE_ROWS = 500
HEADERS = ("From", "To", "Cc", "Date", "Message-ID", "In-Reply-To", "Subject")
# With the scope `gmail.metadata` a list cannot be limited to a time: it is read from its new end.
LOOK_BACK = timedelta(days=365)
# The order of a list is almost that of time; this many older ones in a row are its end.
OLDER_IN_A_ROW = 20
# Not exchanged with anyone, or not wanted.
LEFT_OUT = frozenset({"DRAFT", "SPAM"})


class Connection(BaseModel):
    """A service account with domain-wide delegation, and an administrator who may list people."""

    model_config = ConfigDict(extra="forbid")

    client_email: str
    private_key: SecretStr
    admin_email: str
    base_url: str = "https://gmail.googleapis.com"
    directory_url: str = "https://admin.googleapis.com"
    token_url: str = "https://oauth2.googleapis.com/token"


MAILBOXES = Entity(
    "mailboxes",
    ("id",),
    columns(
        text="id email name aliases org_unit_path",
        flag="is_suspended is_archived has_mailbox",
        instant="created_at",
    ),
    "People of the domain; aliases as a JSON list of addresses.",
    memory="latest",
)
MESSAGES = Entity(
    "messages",
    ("mailbox_id", "id"),
    columns(
        text="mailbox_id id mailbox_email thread_id message_id in_reply_to from_name from_address"
        " to_addresses cc_addresses subject label_ids",
        count="size_bytes",
        flag="is_sent",
        instant="received_at sent_at",
    ),
    "Headers of messages by mailbox; addresses and labels as JSON lists. A version's time is that"
    " of reading it: Gmail tells none.",
)

ENTITIES: tuple[Entity, ...] = (MAILBOXES, MESSAGES)

PERMISSIONS: Mapping[str, str] = {MAILBOXES.name: DIRECTORY_SCOPE, MESSAGES.name: METADATA_SCOPE}
