"""What a release must hold to be served, and which raw tables fill it."""

from collections.abc import Iterable, Mapping

from orchestration.raw_tables import RawTable
from orchestration.release import RequiredTable

# A mart must have rows as soon as one of the raw tables that feed it has.
FED_BY: Mapping[str, tuple[str, ...]] = {
    "marts.dim_accounts": (
        "salesforce/accounts",
        "hubspot/companies",
        "dynamics/accounts",
        "pipedrive/organizations",
        "files/accounts",
    ),
    "marts.dim_contacts": (
        "salesforce/contacts",
        "hubspot/contacts",
        "dynamics/contacts",
        "pipedrive/persons",
        "files/contacts",
    ),
    "marts.dim_sales_reps": (
        "salesforce/users",
        "hubspot/owners",
        "dynamics/users",
        "pipedrive/users",
        "files/users",
    ),
    "marts.dim_products": (
        "salesforce/products",
        "hubspot/products",
        "dynamics/products",
        "pipedrive/products",
        "files/products",
    ),
    "marts.dim_campaigns": (
        "google_ads/campaigns",
        "linkedin_ads/campaign_groups",
        "files/campaigns",
    ),
    "marts.dim_stages": (
        "salesforce/stages",
        "hubspot/pipeline_stages",
        "dynamics/process_stages",
        "pipedrive/stages",
        "files/opportunities",
    ),
    "marts.fct_opportunities": (
        "salesforce/opportunities",
        "hubspot/deals",
        "dynamics/opportunities",
        "pipedrive/deals",
        "files/opportunities",
    ),
    "marts.fct_opportunity_stage_events": (
        "salesforce/opportunity_history",
        "hubspot/deal_history",
        "dynamics/opportunity_history",
        "pipedrive/deal_history",
        "files/stage_history",
    ),
    "marts.fct_pipeline_snapshots_daily": (
        "salesforce/opportunity_history",
        "hubspot/deal_history",
        "dynamics/opportunity_history",
        "pipedrive/deal_history",
    ),
    "marts.fct_activities": (
        "salesforce/tasks",
        "hubspot/calls",
        "dynamics/phone_calls",
        "pipedrive/activities",
        "files/activities",
    ),
    "marts.fct_leads": ("salesforce/leads", "dynamics/leads", "pipedrive/leads", "files/leads"),
    "marts.fct_marketing_engagements": ("hubspot/email_events",),
    "marts.fct_campaign_spend_daily": (
        "google_ads/campaign_daily",
        "linkedin_ads/campaign_daily",
    ),
    "marts.fct_quotas": (
        "salesforce/quotas",
        "hubspot/goal_targets",
        "dynamics/goals",
        "pipedrive/goals",
    ),
}
ALWAYS_FILLED = ("marts.dim_date",)
# Without trained models these are empty, and still there.
ALWAYS_THERE = (
    "scores.fct_lead_scoring_scores",
    "scores.fct_win_probability_scores",
    "scores.fct_forecasting_scores",
    "scores.fct_model_evaluations",
    "meta.source_freshness",
)


def required_tables(raw: Iterable[RawTable]) -> list[RequiredTable]:
    filled = {f"{table.source}/{table.entity}" for table in raw if table.rows}
    return [
        *(RequiredTable(name, needs_rows=True) for name in ALWAYS_FILLED),
        *(RequiredTable(name, needs_rows=bool(filled & set(fed))) for name, fed in FED_BY.items()),
        *(RequiredTable(name) for name in ALWAYS_THERE),
    ]
