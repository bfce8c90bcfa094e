"""Seismic: which reporting tables are landed, and at what pace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import Entity, columns
from ingestion.http import Rate

API = "/reporting/v2"
SCOPE = "seismic.reporting"
# 600 calls in any minute for all of the tenant's applications together: half of them, and few when
# the others leave little.
RATE = Rate(calls=5, per_seconds=1)
SLOW_RATE = Rate(calls=1, per_seconds=1)
FEW_CALLS = 60
# No number of a day is known; a quiet day of 24 runs takes 240.
BUDGET = DailyBudget(calls=10_000)
PAGE_ROWS = 10_000
ROUND = 50
# Nothing of Seismic is older than Seismic.
EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
# Reports are refreshed at least once in 24 hours: rows show that late.
LAG = timedelta(hours=30)


class Connection(BaseModel):
    """An application of the tenant, and the user for whom it acts (its id)."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    login_url: str
    tenant_id: str
    client_id: str
    client_secret: SecretStr
    user_id: str


@dataclass(frozen=True)
class Report:
    """A reporting table; columns are its fields in snake_case.

    `is_marked` is for tables that mark deleted rows with `isDeleted`.
    """

    path: str
    entity: Entity
    is_marked: bool = False


USERS = Report(
    "users",
    Entity(
        "users",
        ("id",),
        columns(
            text="id email username first_name last_name full_name title department business_unit"
            " manager_id license_type external_id",
            flag="is_deactivated is_system_admin",
            instant="deactivated_at deleted_at created_at modified_at",
        ),
        "People of the tenant, those who left among them.",
        cursor="modified_at",
    ),
    is_marked=True,
)
LIBRARY_CONTENTS = Report(
    "libraryContents",
    Entity(
        "library_contents",
        ("id",),
        columns(
            text="id name description type format version library_path teamsite_id teamsite_name"
            " parent_folder_library_content_id owner_id owner_email",
            count="latest_library_content_version_size",
            flag="is_published",
            instant="published_at unpublished_at deleted_at created_at modified_at",
        ),
        "Content of the library and its folders.",
        cursor="modified_at",
    ),
    is_marked=True,
)
LINKS = Report(
    "livesendLinks",
    Entity(
        "livesend_links",
        ("id",),
        columns(
            text="id created_by interaction_group_id interaction_group_name notification_mode",
            flag="is_digital_room allow_download login_enabled",
            instant="created_at expires_at modified_at",
        ),
        "LiveSend links: what a person shared at once.",
        cursor="modified_at",
    ),
)
LINK_CONTENTS = Report(
    "livesendLinkContents",
    Entity(
        "livesend_link_contents",
        ("id",),
        columns(
            text="id livesend_link_id library_content_id interaction_group_id name created_by",
            count="number_of_sessions total_pages",
            flag="was_viewed",
            instant="deleted_at created_at modified_at",
        ),
        "Content that a link shows.",
        cursor="modified_at",
    ),
    is_marked=True,
)
LINK_MEMBERS = Report(
    "livesendLinkMembers",
    Entity(
        "livesend_link_members",
        ("livesend_link_id", "email"),
        columns(
            text="livesend_link_id email external_user_id internal_user_id",
            flag="is_internal_user",
            instant="created_at modified_at",
        ),
        "With whom a link was shared.",
        cursor="modified_at",
    ),
)
SESSIONS = Report(
    "livesendViewingSessions",
    Entity(
        "livesend_viewing_sessions",
        ("id",),
        columns(
            text="id livesend_link_id interaction_group_id interaction_id engagement_user_email",
            number="room_duration_seconds total_content_viewing_duration_seconds",
            flag="is_internal_user",
            instant="session_started_at session_ended_at modified_at",
        ),
        "Visits to a link, seconds.",
        cursor="modified_at",
    ),
)
CONTENT_SESSIONS = Report(
    "livesendContentViewingSessions",
    Entity(
        "livesend_content_viewing_sessions",
        ("id",),
        columns(
            text="id livesend_viewing_session_id livesend_link_id livesend_link_content_id"
            " interaction_id engagement_user_email_address",
            number="duration_seconds",
            flag="is_internal_user",
            instant="session_started_at session_ended_at modified_at",
        ),
        "Views of shared content: who, from when to when, seconds on it.",
        cursor="modified_at",
    ),
)
CONTEXTS = Report(
    "interactionContexts",
    Entity(
        "interaction_contexts",
        ("id",),
        columns(
            text="id interaction_id interaction_recipient_id context_id context_name context_type"
            " context_email context_source system_name system_type",
            instant="modified_at",
        ),
        "Records of a CRM that an interaction belongs to.",
        cursor="modified_at",
    ),
    is_marked=True,
)
USAGES = Report(
    "contentUsageHistory",
    Entity(
        "content_usage_history",
        ("id",),
        columns(
            text="id action action_type application product_area content_id library_content_id"
            " livesend_link_id livesend_link_content_id interaction_id context_id context_name"
            " context_type context_system_type user_id",
            instant="occurred_at modified_at",
        ),
        "What people did with content, by the CRM record they did it for.",
        cursor="modified_at",
    ),
)
OWN_VIEWS = Report(
    "contentViewHistory",
    Entity(
        "content_view_history",
        ("id",),
        columns(
            text="id action application product_area content_id library_content_id context_id"
            " context_name context_type context_system_type user_id",
            instant="occurred_at modified_at",
        ),
        "Views of content by the company's own people.",
        cursor="modified_at",
    ),
)

REPORTS: tuple[Report, ...] = (
    USERS,
    LIBRARY_CONTENTS,
    LINKS,
    LINK_CONTENTS,
    LINK_MEMBERS,
    SESSIONS,
    CONTENT_SESSIONS,
    CONTEXTS,
    USAGES,
    OWN_VIEWS,
)
ENTITIES: tuple[Entity, ...] = tuple(report.entity for report in REPORTS)

_REPORTS = f"{SCOPE}, for a user who may see reports of everyone"
PERMISSIONS: Mapping[str, str] = {entity.name: _REPORTS for entity in ENTITIES}
