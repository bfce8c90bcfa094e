"""Staging over raw tables that someone else wrote: Fivetran's test seeds, landed as files.

A seed's columns get the names that the vendor's API has for them, are landed as the connector lands
them, go through the connector's staging models and their tests, and what is staged is held against
the seed column by column.

What does not correspond:

- The rows of a seed know each other by hashed or cut ids, so most links lead nowhere.
- Fivetran's versions of records (`sf_*_history`) say again what the current tables say. There is no
  seed of Salesforce's own OpportunityHistory, of campaigns, members, stages, quotas and rates.
- Salesforce accounts, opportunities, users and roles, HubSpot meetings and everything about teams
  and e-mail campaigns come without modification time: Fivetran's time of reading stands for it.
- An account's own fields (`…_c`, `property_…`) are in `custom_fields`, which the connector builds.
- HubSpot's deals have no amount, stage or close date in the seed, and names in the history of
  properties are hashed; links of deals and of most engagements are to records without a seed.
- Google Ads: advertisements, groups, keywords and devices are below what is landed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest

from ingestion.entity import DELETED, INSTANT, VERSION_AT, Page
from ingestion.feed import AnyFeed, Feed
from ingestion.landing import land_feeds
from tests.contracts.company_sandbox import entity_of
from tests.integration.dbt_release import LandedLake, Release
from tests.paths import SHARED_DATA

SEEDS_FOLDER = SHARED_DATA / "vendor_seeds"
pytestmark = pytest.mark.skipif(not SEEDS_FOLDER.is_dir(), reason="the vendors' seeds are not here")

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
SOURCES = ("salesforce", "hubspot", "google_ads")
META = {"is_deleted", "_version_at", "_loaded_at", "_dlt_load_id", "_changed_run"}
RELATIONS = """
    create view merged_contact as
        select
            unnest(string_split(property_hs_merged_object_ids, ';')) as id,
            property_createdate,
            'TRUE' as _fivetran_deleted
        from contact;
    create view contact_as_read as from contact union all by name from merged_contact;
    create view contact_now as
        from contact anti join merged_contact using (id) union all by name from merged_contact;
    create view deal_change as
        select deal_id, 'dealstage' as property, value, date_entered as changed_at, source
        from deal_stage
        union all
        select deal_id, name, value, "timestamp", source from deal_property_history;
    create view owner_in_team as
        select owner.*, team.name as team_name
        from owner
        left join owner_team
            on owner.owner_id = owner_team.owner_id and owner_team.is_team_primary = 'true'
        left join team on owner_team.team_id = team.id;
    create view call_of_contact as
        select engagement_call.*, engagement_contact.contact_id
        from engagement_call left join engagement_contact using (engagement_id);
    create view campaign_now as
        from campaign_history qualify updated_at = max(updated_at) over (partition by id);
    create view campaign_day as
        select campaign_stats.*, account_history.currency_code
        from campaign_stats
        inner join account_history on campaign_stats.customer_id = account_history.id;
"""


@dataclass(frozen=True)
class Seed:
    """A table of Fivetran's that is one of our entities.

    `changed` and `gone` are its columns that say when a record changed and whether it is deleted.
    `names` leads from the vendor's names to Fivetran's where they differ by more than `property_`.
    `shows` is what is staged, by column, as SQL over the seed; `now` the seed without old versions.
    """

    source: str
    entity: str
    table: str
    changed: str
    gone: str
    shows: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    now: str = ""

    @property
    def model(self) -> str:
        return f"stg_{self.source}__{self.entity}"


def salesforce(entity: str, table: str, changed: str, gone: str, **shows: str) -> Seed:
    names = {"product2_id": "product_2_id"}
    return Seed("salesforce", entity, f"sf_{table}", changed, gone, shows, names)


def hubspot(
    entity: str, table: str, changed: str, gone: str, names: Mapping[str, str], **shows: str
) -> Seed:
    return Seed("hubspot", entity, table, changed, gone, shows, names)


def engagement(
    entity: str, gone: str = "_fivetran_deleted", changed: str = "property_hs_createdate",
    table: str = "", names: Mapping[str, str] | None = None, **shows: str,
) -> Seed:  # fmt: skip
    """One kind of HubSpot's activities; all but meetings have the same times."""
    kind = entity.removesuffix("s")
    times = {
        "occurred_at": "property_hs_timestamp::timestamp",
        "created_at": "property_hs_createdate::timestamp",
    }
    return hubspot(
        entity, table or f"engagement_{kind}", changed, gone,
        {"id": "engagement_id", **(names or {})},
        **{f"{kind}_id": "engagement_id", **({} if kind == "meeting" else times), **shows},
    )  # fmt: skip


NAME = "nullif(trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), '')"
READ = "_fivetran_synced"
SEEDS = (
    salesforce(
        "accounts", "account", READ, "is_deleted", account_id="id", account_name="name",
        industry="industry", employee_count="number_of_employees::bigint",
        annual_revenue_amount="annual_revenue::decimal(18, 2)", country="billing_country",
        website="website", owner_id="owner_id", merged_into_id="master_record_id",
    ),
    salesforce(
        "contacts", "contact", "system_modstamp", "is_deleted", contact_id="id",
        account_id="account_id", contact_name=NAME, email="lower(email)", phone="phone",
        title="title", merged_into_id="master_record_id", created_at="created_date::timestamp",
    ),
    salesforce(
        "leads", "lead", "system_modstamp", "is_deleted", lead_id="id", lead_name=NAME,
        email="lower(email)", company_name="company", title="title", industry="industry",
        country="country", lead_source="lead_source", status="status", owner_id="owner_id",
        is_converted="is_converted::boolean", converted_at="converted_date::timestamp::date",
        created_at="created_date::timestamp",
    ),
    salesforce(
        "opportunities", "opportunity", READ, "is_deleted", opportunity_id="id",
        account_id="account_id", owner_id="owner_id", campaign_id="campaign_id",
        opportunity_name="name", opportunity_type="type", stage_id="stage_name",
        amount_original="amount::decimal(18, 2)", currency_code="'USD'",
        probability_rate="probability::double / 100", forecast_category="forecast_category_name",
        close_date="close_date::timestamp::date", is_closed="is_closed::boolean",
        is_won="is_won::boolean", lead_source="lead_source", next_step="next_step",
        created_at="created_date::timestamp",
    ),
    salesforce(
        "opportunity_line_items", "opportunity_line_item", "system_modstamp",
        "is_deleted", line_item_id="id", opportunity_id="opportunity_id",
        product_id="product_2_id", quantity="quantity::double",
        unit_price_original="unit_price::decimal(18, 2)",
        total_price_original="total_price::decimal(18, 2)", created_at="created_date::timestamp",
    ),
    salesforce(
        "tasks", "task", "system_modstamp", "is_deleted", task_id="id", who_id="who_id",
        what_id="what_id", account_id="account_id", owner_id="owner_id", subject="subject",
        task_type="type", task_subtype="task_subtype", status="status",
        is_closed="is_closed::boolean", activity_date="activity_date::timestamp::date",
        completed_at="completed_date_time::timestamp", created_at="created_date::timestamp",
    ),
    salesforce(
        "events", "event", "system_modstamp", "is_deleted", event_id="id", who_id="who_id",
        what_id="what_id", account_id="account_id", owner_id="owner_id", subject="subject",
        event_subtype="event_subtype", started_at="start_date_time::timestamp",
        ended_at="end_date_time::timestamp", duration_minutes="duration_in_minutes::bigint",
        created_at="created_date::timestamp",
    ),
    salesforce(
        "users", "user", READ, "_fivetran_deleted", user_id="id",
        version_at="_fivetran_synced::timestamp", rep_name=NAME, rep_username="lower(username)",
        manager_id="manager_id", is_active="is_active::boolean",
    ),
    salesforce(
        "user_roles", "user_role", READ, "_fivetran_deleted", user_role_id="id",
        user_role_name="name", parent_role_id="parent_role_id",
    ),
    salesforce(
        "products", "product_2", "system_modstamp", "is_deleted", product_id="id",
        product_name="name", product_family="family", product_code="product_code",
        is_active="is_active::boolean",
    ),
    hubspot(
        "companies", "company", "property_createdate", "is_deleted",
        {"created_at": "property_createdate"}, account_id="id", account_name="property_name",
        industry="property_industry", country="property_country",
        annual_revenue_amount="property_annualrevenue::decimal(18, 2)",
        created_at="property_createdate::timestamp",
    ),
    Seed(
        "hubspot", "contacts", "contact_as_read", "property_createdate", "_fivetran_deleted",
        {
            "contact_id": "id",
            "contact_name": "nullif(concat_ws(' ', property_firstname, property_lastname), '')",
            "email": "lower(property_email)", "title": "property_jobtitle",
            "company_name": "property_company", "merged_ids": "property_hs_merged_object_ids",
            "created_at": "if(_fivetran_deleted, null, property_createdate)::timestamp",
        },
        {"created_at": "if(_fivetran_deleted, null, property_createdate)"},
        now="contact_now",
    ),
    hubspot(
        "deals", "deal", "property_createdate", "is_deleted",
        {"id": "deal_id", "hubspot_owner_id": "owner_id", "pipeline": "deal_pipeline_id",
         "dealstage": "deal_pipeline_stage_id", "created_at": "property_createdate"},
        opportunity_id="deal_id", owner_id="owner_id", opportunity_name="property_dealname",
        currency_code="'USD'", created_at="property_createdate::timestamp",
    ),
    hubspot(
        "deal_history", "deal_change", "changed_at", "'false'", {"source_type": "source"},
        opportunity_id="deal_id", property="property", value="value",
        changed_at="changed_at::timestamp", source_type="source",
    ),
    hubspot(
        "pipelines", "deal_pipeline", "updated_at", "_fivetran_deleted", {"id": "pipeline_id"},
        pipeline_id="pipeline_id", pipeline_name="label", pipeline_order="display_order::integer",
    ),
    hubspot(
        "pipeline_stages", "deal_pipeline_stage", "updated_at", "_fivetran_deleted",
        {"id": "stage_id", "is_won": "closed_won"}, pipeline_id="pipeline_id",
        stage_id="stage_id", stage_name="label", stage_order="display_order::integer",
        probability_rate="probability::double", is_closed="is_closed::boolean",
        is_won="closed_won::boolean",
    ),
    hubspot(
        "owners", "owner_in_team", "updated_at", "'false'",
        {"id": "owner_id", "user_id": "active_user_id"}, user_id="owner_id",
        version_at="updated_at::timestamp", rep_name=NAME, rep_username="lower(email)",
        team_name="team_name", is_active="true", created_at="created_at::timestamp",
    ),
    hubspot("teams", "team", READ, "'false'", {}, team_id="id", team_name="name"),
    hubspot(
        "email_campaigns", "email_campaign", READ, "'false'", {}, email_campaign_id="id",
        email_campaign_name="name", subject="subject",
    ),
    hubspot(
        "email_events", "email_event", "created", "'false'", {}, event_id="id",
        email_campaign_id="email_campaign_id", email="lower(recipient)", event_type="type",
        occurred_at="created::timestamp",
    ),
    engagement("calls", table="call_of_contact", contact_id="contact_id"),
    engagement("emails", subject="property_hs_email_subject"),
    engagement("notes"),
    engagement("tasks", owner_id="property_hubspot_owner_id"),
    engagement(
        "meetings", gone="'false'", changed=READ,
        names={"hs_meeting_start_time": "start_time", "hs_meeting_end_time": "end_time"},
        outcome="meeting_outcome", started_at="start_time::timestamp",
        ended_at="end_time::timestamp",
    ),
    Seed(
        "google_ads", "campaigns", "campaign_history", "updated_at", "'false'",
        {"campaign_id": "id", "campaign_name": "name", "channel": "advertising_channel_type",
         "status": "status", "start_date": "start_date::date", "end_date": "end_date::date"},
        now="campaign_now",
    ),
    Seed(
        "google_ads", "campaign_daily", "campaign_day", READ, "'false'",
        {"campaign_id": "id", "spend_date": "date::date",
         "cost_original": "(cost_micros::bigint / 1000000)::decimal(18, 2)",
         "impression_count": "impressions::bigint", "click_count": "clicks::bigint",
         "conversion_count": "conversions::double", "currency_code": "currency_code"},
        {"campaign_id": "id"},
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def seeds() -> Iterator[duckdb.DuckDBPyConnection]:
    """A view for each of Fivetran's files, all of text, and those made of several."""
    with duckdb.connect() as connection:
        for file in SEEDS_FOLDER.glob("*/*_data.csv"):
            name = file.stem.removesuffix("_data")
            connection.execute(
                f"create view {name} as from read_csv('{file}', header = true, all_varchar = true)"
            )
        connection.execute(RELATIONS)
        yield connection


@pytest.fixture(scope="module")
def release(seeds: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Staging models of the seeds, built and tested by dbt."""
    root = tmp_path_factory.mktemp("seeds")
    for source in SOURCES:
        pages = {seed.entity: as_read(seeds, seed) for seed in SEEDS if seed.source == source}
        report = land_feeds(
            source,
            lambda source=source, pages=pages: feeds(source, pages),
            lake_url=str(root / "lake"),
            state_dir=root / "state",
            clock=lambda: NOW,
        )
        assert {name: table.rejects for name, table in report.tables.items() if table.rejects} == {}
        for name, page in pages.items():
            table = report.tables[name]
            assert table.rows + table.tombstones == page.num_rows
    built = Release(root / "release", LandedLake(root / "lake", SOURCES), root / "dbt")
    built.dbt("build", "--select", *(seed.model for seed in SEEDS), as_of=NOW.isoformat())
    return built


def feeds(source: str, pages: Mapping[str, Page]) -> list[AnyFeed]:
    """The entities that have a seed."""

    def feed(name: str, page: Page) -> Feed:
        return Feed(entity_of(source, name), lambda since: [page])

    return [feed(name, page) for name, page in pages.items()]


def as_read(seeds: duckdb.DuckDBPyConnection, seed: Seed) -> pa.Table:
    """The seed by the vendor's names, with times as its API writes them."""
    there = set(seeds.table(seed.table).columns)
    selected = {VERSION_AT: in_iso(seed.changed), DELETED: seed.gone}
    for column in entity_of(seed.source, seed.entity).columns:
        known = [name for name in (column.name, f"property_{column.name}") if name in there]
        for origin in [seed.names[column.name]] if column.name in seed.names else known[:1]:
            selected[column.name] = in_iso(origin) if column.type == INSTANT else origin
    columns = ", ".join(f'{origin} as "{name}"' for name, origin in selected.items())
    return seeds.sql(f"select {columns} from {seed.table}").to_arrow_table()


def in_iso(column: str) -> str:
    return f"strftime(({column})::timestamp, '%Y-%m-%dT%H:%M:%S.%fZ')"


@pytest.fixture(scope="module")
def staged(seeds: duckdb.DuckDBPyConnection, release: Release) -> duckdb.DuckDBPyConnection:
    """The seeds, and beside them what dbt made of them."""
    seeds.execute(f"attach '{release.directory / 'warehouse.duckdb'}' as release (read_only)")
    return seeds


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.model)
def test_what_is_staged_is_what_the_seed_says(
    staged: duckdb.DuckDBPyConnection, seed: Seed
) -> None:
    """Rows, ids, amounts, times and deletions; columns without counterpart are empty."""
    model = f"release.staging.{seed.model}"
    shows = {
        **seed.shows,
        "is_deleted": f"coalesce(({seed.gone})::boolean, false)",
        "_version_at": f"({seed.changed})::timestamp",
    }
    values = ", ".join(f'{value} as "{name}"' for name, value in shows.items())
    theirs = f"select {values} from {seed.now or seed.table}"
    ours = f"select {', '.join(shows)} from {model}"
    assert staged.sql(f"({ours}) except all ({theirs})").fetchall() == []
    assert staged.sql(f"({theirs}) except all ({ours})").fetchall() == []
    others = [name for name in staged.table(model).columns if name not in {*shows, *META}]
    filled = [name for name in others if staged.sql(f"from {model} where {name} is not null")]
    assert filled == []
