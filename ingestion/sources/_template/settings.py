"""Acme CRM (a vendor that does not exist): what is landed. Copy this folder to start a source.

What the catalog needs is here and costs nothing to import: no network, no secrets.
"""

from pydantic import BaseModel, ConfigDict, SecretStr

from ingestion.budget import DailyBudget
from ingestion.entity import Entity, columns
from ingestion.http import Rate

# What the vendor's documentation promises an ordinary account. If answers tell the account's own
# rate, pass an `allowance` to the client as the HubSpot source does.
RATE = Rate(calls=100, per_seconds=10)
# Calls a day we grant ourselves, a part of what the vendor gives, and the zone of its midnight.
BUDGET = DailyBudget(calls=10_000)
PAGE_ROWS = 200


class Connection(BaseModel):
    """What a company enters to connect. Secrets are SecretStr: they never show in logs or reprs."""

    model_config = ConfigDict(extra="forbid")

    base_url: str
    api_token: SecretStr


# An entity becomes the Delta table raw/<folder name>/<entity name>. Columns are the vendor's fields
# in snake_case; money and measures are `number`, whole numbers `count`, moments `instant` (UTC),
# days `date`, ids always `text`. _version_at, _loaded_at, _deleted and _dlt_load_id come by
# themselves.
DEALS = Entity(
    name="deals",
    key=("id",),
    columns=columns(
        text="id title owner_id",
        number="value",
        date="close_date",
        instant="created_at updated_at",
    ),
    description="Deals of all pipelines.",
    cursor="updated_at",
)

# `memory="latest"`: for lists without a modification time. Every run reads the whole list, and the
# log's latest version of a record decides whether it is news.
OWNERS = Entity(
    name="owners",
    key=("id",),
    columns=columns(text="id name email", flag="is_active"),
    description="People who own deals.",
    memory="latest",
)

ENTITIES: tuple[Entity, ...] = (DEALS, OWNERS)

# What to grant for each entity, as docs/sources/<source>.md says it; `revlake sources test` names
# what is missing.
PERMISSIONS = {DEALS.name: "Read on deals", OWNERS.name: "Read on users"}
