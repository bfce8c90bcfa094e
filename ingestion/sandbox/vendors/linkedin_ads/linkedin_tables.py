"""LinkedIn Ads resources of the company, from the campaigns it runs with Google.

Every third campaign also runs at LinkedIn, there a campaign group with two campaigns: sponsored
posts and text ads. Their budgets and figures are shares of the Google campaign's, beside it and not
taken from it; they are restated when it is. What LinkedIn shows is all the truth there is of them.
"""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.store import VersionTable

ALSO_HERE = "campaign_n % 3 = 1"
BUDGET_SHARE = 0.4

_FORMATS = """create or replace temp table linkedin_ads_formats as
    select * from (values
        (1, 'SPONSORED_UPDATES', 'CPM', 'Posts', 0.15, 0.7, 0.5),
        (2, 'TEXT_AD', 'CPC', 'Text ads', 0.05, 1.3, 0.2)
    ) as formats (format_n, type, cost_type, label, least_share, seen_rate, click_rate)"""

_CAMPAIGNS = f"""create or replace temp table linkedin_ads_campaigns as
    select campaigns.*, min(version_at) over (partition by campaign_n) as created_at,
        case lower(status)
            when 'enabled' then 'ACTIVE' when 'paused' then 'PAUSED' else 'ARCHIVED' end as state
    from campaigns where {ALSO_HERE}"""

_GROUPS = f"""select 620000000 + campaign_n as id, name || ' | LinkedIn' as name, state as status,
        epoch_ms(cast(start_date as timestamp)) as start_ms,
        epoch_ms(cast(end_date as timestamp)) as end_ms,
        round(budget * {BUDGET_SHARE} * greatest(1, date_diff('day', start_date, end_date)), 2)
            as budget,
        epoch_ms(created_at) as created_ms, epoch_ms(version_at) as modified_ms,
        cast(620000000 + campaign_n as varchar) as _key, version_at as _from
    from linkedin_ads_campaigns"""

_AD_CAMPAIGNS = f"""select 310000000 + 10 * campaign_n + format_n as id,
        620000000 + campaign_n as group_id, name || ' | ' || label as name, state as status,
        type, cost_type, round(budget * {BUDGET_SHARE} * 0.5, 2) as daily_budget,
        epoch_ms(cast(start_date as timestamp)) as start_ms,
        epoch_ms(cast(end_date as timestamp)) as end_ms,
        epoch_ms(created_at) as created_ms, epoch_ms(version_at) as modified_ms,
        cast(310000000 + 10 * campaign_n + format_n as varchar) as _key, version_at as _from
    from linkedin_ads_campaigns cross join linkedin_ads_formats"""

_CREATIVES = """select 1000 * (310000000 + 10 * campaign_n + format_n) + variant as id,
        310000000 + 10 * campaign_n + format_n as campaign_id, state as status, type,
        epoch_ms(created_at) as created_ms, epoch_ms(version_at) as modified_ms,
        cast(1000 * (310000000 + 10 * campaign_n + format_n) + variant as varchar) as _key,
        version_at as _from
    from linkedin_ads_campaigns cross join linkedin_ads_formats
    cross join (values (1), (2)) as variants (variant)"""

_DAILY = f"""with shares as (
        select *, least_share + (hash(campaign_n, format_n, date) % 100) / 500.0 as share
        from campaign_daily cross join linkedin_ads_formats where {ALSO_HERE}
    )
    select 310000000 + 10 * campaign_n + format_n as campaign_id, date,
        round(cost * share, 2) as cost,
        cast(round(impressions * share * seen_rate) as bigint) as impressions,
        cast(round(clicks * share * click_rate) as bigint) as clicks,
        cast(round(conversions * share) as bigint) as conversions,
        cast(round(conversions * share * 0.5) as bigint) as leads,
        (310000000 + 10 * campaign_n + format_n) || '/' || date as _key, version_at as _from
    from shares"""

GROUPS = VersionTable("linkedin_ads", "campaign_groups", _GROUPS)
CAMPAIGNS = VersionTable("linkedin_ads", "campaigns", _AD_CAMPAIGNS)
CREATIVES = VersionTable("linkedin_ads", "creatives", _CREATIVES)
DAILY = VersionTable("linkedin_ads", "campaign_daily", _DAILY)


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Version tables of LinkedIn Ads; run while the company's frames are registered."""
    connection.execute(_FORMATS)
    connection.execute(_CAMPAIGNS)
    return (GROUPS, CAMPAIGNS, CREATIVES, DAILY)
