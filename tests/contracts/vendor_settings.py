"""What a vendor's account is set to: pipelines, teams, forms, lists, the account itself.

Beside vendor_truth: most of it stands in the sandbox's code and not in its tables.
"""

from collections.abc import Callable, Mapping

import polars as pl

from ingestion.sandbox.store import Store
from ingestion.sandbox.vendors.hubspot import accounts as hubspot
from ingestion.sandbox.vendors.hubspot.marketing_tables import FORM_IDS, FORMS, LISTS
from ingestion.sandbox.vendors.hubspot.objects import PIPELINE, STAGES
from ingestion.sandbox.vendors.linkedin_ads import credentials
from ingestion.sandbox.vendors.linkedin_ads.records import account
from ingestion.sandbox.vendors.pipedrive import pipedrive_tables as pipedrive
from ingestion.sandbox.vendors.pipedrive import v2
from tests.contracts.vendor_truth import comparable

Setting = Callable[[Store], pl.DataFrame]
TEAMS = """
    select {name} as name, arg_min(region_name, id) as {region},
        cast(max(id) filter (is_active and role {leads}) as varchar) as {manager}
    from {users} where {name} is not null group by {name}
"""


def hubspot_forms(store: Store) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [FORM_IDS[f.number] for f in FORMS], "name": [f.name for f in FORMS]}
    )


def hubspot_lists(store: Store) -> pl.DataFrame:
    kept = {"id": [each.list_id for each in LISTS], "name": [each.name for each in LISTS]}
    kept["processing_type"] = [each.processing_type for each in LISTS]
    sizes = store.fetch(
        "select list_id as id, count(*) as size, max(joined_at) as last_record_added_at"
        f" from {store.current('hubspot.list_memberships')} where not _deleted group by 1"
    )
    lists = pl.DataFrame(kept).join(sizes, on="id", how="left")
    return lists.with_columns(pl.col("size").fill_null(0))


def hubspot_pipelines(store: Store) -> pl.DataFrame:
    return pl.DataFrame({"id": [PIPELINE], "display_order": [0]})


def hubspot_pipeline_stages(store: Store) -> pl.DataFrame:
    chances = [float(hubspot.PROBABILITIES[label]) for label in STAGES]
    return pl.DataFrame(
        {
            "pipeline_id": [PIPELINE] * len(STAGES),
            "id": list(STAGES.values()),
            "label": list(STAGES),
            "display_order": range(len(STAGES)),
            "probability": chances,
            "is_closed": [label.startswith("Closed") for label in STAGES],
            "is_won": [label == "Closed Won" for label in STAGES],
        }
    )


def hubspot_teams(store: Store) -> pl.DataFrame:
    return store.fetch(
        TEAMS.format(
            name="team_name",
            region="region",
            manager="manager_owner_id",
            leads="in ('Manager', 'VP')",
            users=store.current("hubspot.owners"),
        )
    )


def pipedrive_pipelines(store: Store) -> pl.DataFrame:
    return pl.DataFrame({"id": [str(pipedrive.PIPELINE)], "order_nr": [1], "is_deleted": [False]})


def pipedrive_stages(store: Store) -> pl.DataFrame:
    numbers = list(pipedrive.STAGES.values())
    return pl.DataFrame(
        {
            "id": [str(number) for number in numbers],
            "name": list(pipedrive.STAGES),
            "pipeline_id": [str(pipedrive.PIPELINE)] * len(numbers),
            "order_nr": numbers,
            "deal_probability": [v2.PROBABILITIES[name] for name in pipedrive.STAGES],
        }
    )


def pipedrive_teams(store: Store) -> pl.DataFrame:
    users = store.current("pipedrive.users")
    teams = "coalesce(team_name, region_name || ' leadership')"
    return store.fetch(
        TEAMS.format(
            name="team_name",
            region="description",
            manager="manager_id",
            leads="<> 'Rep'",
            users=f"(select * replace ({teams} as team_name) from {users})",
        )
    )


def linkedin_accounts(store: Store) -> pl.DataFrame:
    shown = account() | {"id": credentials.ACCOUNT_ID}
    return pl.DataFrame({name: [shown[name]] for name in ("id", "name", "currency", "status")})


SETTINGS: Mapping[str, Mapping[str, Setting]] = {
    "hubspot": {
        "forms": hubspot_forms,
        "lists": hubspot_lists,
        "pipelines": hubspot_pipelines,
        "pipeline_stages": hubspot_pipeline_stages,
        "teams": hubspot_teams,
    },
    "pipedrive": {
        "pipelines": pipedrive_pipelines,
        "stages": pipedrive_stages,
        "teams": pipedrive_teams,
    },
    "linkedin_ads": {"accounts": linkedin_accounts},
}


def held(store: Store, source: str, entity: str) -> pl.DataFrame | None:
    """What the account is set to at the store's clock; None if the entity is no setting."""
    setting = SETTINGS.get(source, {}).get(entity)
    return None if setting is None else comparable(setting(store))
