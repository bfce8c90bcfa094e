"""What a vendor has at an instant: by the tables of its sandbox, without its API or our connector.

For each entity the records that are there, by key, with the day they began and what they amount to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from ingestion.entity import Entity
from ingestion.sandbox.store import Store
from ingestion.sources.dynamics import settings as dynamics
from ingestion.sources.hubspot import settings as hubspot
from ingestion.sources.seismic import settings as seismic

DIGITS = 4


@dataclass(frozen=True)
class Truth:
    """The records of an entity: columns of the entity as SQL over a table of the sandbox.

    `part_of` names the table whose records they are gone with, and their column with its `id`.
    """

    table: str
    columns: Mapping[str, str]
    alive: str = "true"
    part_of: tuple[str, str] | None = None


def records(store: Store, source: str, truth: Truth) -> pl.DataFrame:
    """What is there at the store's clock."""
    selected = ", ".join(f'{value} as "{name}"' for name, value in truth.columns.items())
    table = store.current(f'{source}."{truth.table}"')
    alive = truth.alive
    if truth.part_of is not None:
        whole, column = truth.part_of
        wholes = store.current(f'{source}."{whole}"')
        alive += f" and {column} in (select id from {wholes} where {truth.alive})"
    return comparable(store.fetch(f"select {selected} from {table} where {alive}"))


def difference(landed: pl.DataFrame, held: pl.DataFrame, entity: Entity) -> str | None:
    """How records of the lake differ from those that are there; None if they do not."""
    mine, theirs = comparable(landed.select(held.columns)), held
    if mine.sort(mine.columns).equals(theirs.sort(theirs.columns)):
        return None
    key = [name for name in entity.key if name in theirs.columns] or theirs.columns
    missing, extra = theirs.join(mine, on=key, how="anti"), mine.join(theirs, on=key, how="anti")
    told = f"{mine.height} landed of {theirs.height}; missing {_few(missing, key)}"
    for name in theirs.columns:
        if theirs[name].dtype.is_numeric() and mine[name].sum() != theirs[name].sum():
            told += f"; {name} is {mine[name].sum()}, not {theirs[name].sum()}"
        if theirs[name].dtype == pl.Date:
            days = theirs[name].value_counts().join(mine[name].value_counts(), on=name, how="full")
            told += f"; other counts on {days.filter(pl.col('count') != pl.col('count_right'))}"
    return f"{entity.name}: {told}; too many {_few(extra, key)}"


def _few(frame: pl.DataFrame, key: list[str]) -> str:
    return f"{frame.height} {frame.select(key).rows()[:3]}"


def comparable(frame: pl.DataFrame) -> pl.DataFrame:
    """Times as their days, numbers with some digits, all else as text."""
    shown = []
    for name, kind in frame.schema.items():
        column = pl.col(name)
        if kind.is_temporal():
            shown.append(column.cast(pl.Date))
        elif kind.is_numeric():
            shown.append(column.cast(pl.Float64).round(DIGITS))
        else:
            shown.append(column.cast(pl.String))
    return frame.select(shown)


def _amounts(entity: Entity) -> Iterable[str]:
    return (each.name for each in entity.columns if each.type in (pa.float64(), pa.int64()))


def _hubspot() -> dict[str, Truth]:
    return {
        kind.name: Truth(
            kind.name,
            {
                "id": "cast(hs_object_id as varchar)",
                "created_at": "_created_at",
                **{column: f'"{column}"' for column in _amounts(kind.entity)},
            },
            "not _archived",
        )
        for kind in (*hubspot.OBJECTS, *hubspot.SMALL_OBJECTS)
    } | {
        "owners": Truth("owners", {"id": "id", "created_at": "created_at"}),
        "email_campaigns": Truth("email_campaigns", {"id": "id", "sent_at": "sent_at"}),
        "email_events": Truth("email_events", {"created": "occurred_at", "type": "type"}),
        "exchange_rates": Truth(
            "exchange_rates",
            {"conversion_rate": "rate", "effective_at": "start_date"},
            "currency_code <> 'USD'",
        ),
        "form_submissions": Truth(
            "form_submissions", {"id": "conversion_id", "submitted_at": "submitted_at"}
        ),
        "list_memberships": Truth(
            "list_memberships",
            {
                "list_id": "list_id",
                "record_id": "cast(record_id as varchar)",
                "joined_at": "joined_at",
            },
            "not _deleted",
        ),
        "marketing_events": Truth(
            "marketing_events",
            {
                name: name
                for name in ("id", "created_at", "registrants", "attendees", "cancellations")
            },
        ),
    }


def _dynamics() -> dict[str, Truth]:
    return {
        table.entity.name: Truth(
            table.name,
            {
                column: f'"{table.json_name(table.attributes[column])}"'
                for column in ("id", "createdon", *_amounts(table.entity))
                if column in table.attributes
            },
            # A merged record stays in Dataverse, inactive; in the lake it is gone.
            "not _gone and not merged" if "merged" in table.attributes else "not _gone",
        )
        for table in dynamics.TABLES
    }


def _seismic() -> dict[str, Truth]:
    return {
        report.entity.name: Truth(
            report.path,
            {
                column: f'"{camel(column)}"'
                for column in (*report.entity.key, "modified_at", *_amounts(report.entity))
            },
            'not "isDeleted"' if report.is_marked else "true",
        )
        for report in seismic.REPORTS
    }


def camel(name: str) -> str:
    """The reports' name of a column."""
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def _by_id(alive: str, *names: str, **more: dict[str, str]) -> dict[str, Truth]:
    """Entities whose table has their name and whose key is `id`."""
    return {
        name: Truth(name, {"id": "cast(id as varchar)", **more.get(name, {})}, alive)
        for name in (*names, *more)
    }


def _joined(*names: str) -> str:
    """Columns of a report as its rows are told apart."""
    shown = ", ".join(f"""coalesce(cast("{name}" as varchar), '')""" for name in names)
    return f"concat_ws('|', {shown})"


TRUTHS: Mapping[str, Mapping[str, Truth]] = {
    "hubspot": _hubspot(),
    "dynamics": _dynamics(),
    "seismic": _seismic(),
    "google_ads": {
        "campaigns": Truth(
            "campaign",
            {
                "id": 'cast("campaign.id" as varchar)',
                "start_date": '"campaign.start_date"',
                "budget_micros": '"campaign_budget.amount_micros"',
                "status": '"campaign.status"',
            },
        ),
        "campaign_daily": Truth(
            "campaign_daily",
            {
                "campaign_id": "cast(campaign_id as varchar)",
                "date": '"segments.date"',
                "cost_micros": '"metrics.cost_micros"',
                "impressions": '"metrics.impressions"',
                "clicks": '"metrics.clicks"',
                "conversions": '"metrics.conversions"',
            },
        ),
    },
    "linkedin_ads": _by_id(
        "true",
        "creatives",
        campaign_groups={"total_budget": "budget"},
        campaigns={"daily_budget": "daily_budget"},
    )
    | {
        "campaign_daily": Truth(
            "campaign_daily",
            {
                "campaign_id": "cast(campaign_id as varchar)",
                "date": "date",
                "cost": "cost",
                "impressions": "impressions",
            },
        )
    },
    "pipedrive": _by_id(
        "not is_deleted",
        organizations={"add_time": "add_time", "annual_revenue": "c_annual_revenue"},
        persons={"add_time": "add_time"},
        deals={"add_time": "add_time", "value": "value", "probability": "probability"},
        activities={"add_time": "add_time"},
        leads={"add_time": "add_time"},
    )
    | {
        "deal_products": Truth(
            "deal_products",
            {
                "id": "cast(id as varchar)",
                "add_time": "add_time",
                "quantity": "quantity",
                "item_price": "item_price",
            },
            "not is_deleted",
            part_of=("deals", "deal_id"),
        )
    }
    | _by_id("true", "users", "products", "currencies", goals={"target": "amount"}),
    "aircall": _by_id(
        "not is_removed",
        "users",
        "numbers",
        "teams",
        "tags",
        "contacts",
        calls={
            "started_at": "started_at",
            "duration": "duration",
            "archived": "is_archived",
            "tag_ids": "if(tag_id is null, '[]', '[' || tag_id || ']')",
        },
    ),
    "twilio": {
        "calls": Truth(
            "calls",
            {
                "sid": "sid",
                "start_time": "started_at",
                "duration": "seconds",
                "price": "-round(price, 5)",
            },
            "not is_removed",
        ),
        "incoming_phone_numbers": Truth("numbers", {"sid": "sid"}, "not is_removed"),
    },
    "pardot": _by_id(
        "not isDeleted",
        "campaigns",
        "forms",
        "list_emails",
        "list_memberships",
        "lists",
        "visitors",
        opportunities={"value": "value"},
        prospects={"created_at": '"createdAt"', "score": "score"},
    )
    | _by_id("true", "visitor_activities"),
    "eloqua": _by_id(
        "not coalesce(isDeleted, false)",
        "contacts",
        emails={"created_at": "created_at"},
    )
    | _by_id("true", "forms", "email_groups", campaigns={"budgeted_cost": "budget"})
    | {
        name: Truth(
            "activities",
            {
                "activity_type": "type",
                "activity_id": "cast(id as varchar)",
                "activity_date": "occurred_at",
            },
            f"(type = 'Bounceback') = {name == 'bouncebacks'}",
        )
        for name in ("activities", "bouncebacks")
    },
    "highspot": _by_id("true", "users", "spots")
    | _by_id("not is_removed", "items")
    | {
        "pitches": Truth(
            "pitches",
            {"pitch_key": _joined("Pitch ID", "Item ID", "Sent At (UTC)", "Recipient Email")},
        ),
        "views": Truth(
            "views",
            {
                "view_key": _joined("Item ID", "Viewed At (UTC)", "Pitch ID", "Viewer Email"),
                "time_spent_seconds": '"Time Spent (Seconds)"',
            },
        ),
    },
}
