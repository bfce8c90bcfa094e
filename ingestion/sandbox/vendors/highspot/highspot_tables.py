"""Highspot's tables: the people, content and pitches of two regions.

Highspot is connected to HubSpot: pitches of deals in Pipedrive have no reference. Its reports are
made anew every hour.
"""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.enablement import prepare_enablement
from ingestion.sandbox.store import VersionTable
from ingestion.sandbox.vendors.highspot.credentials import PITCHES_REPORT, VIEWS_REPORT

SCHEMA = "highspot"
CRMS = "('hubspot', 'pipedrive')"
REPORTS_SPOT = "Analytics"
MACROS = (
    "create or replace macro hsp_id(kind, number) as left(md5('highspot ' || kind || number), 24)",
    """create or replace macro hsp_report(moment) as
        time_bucket(interval '1 hour', moment) + interval '1 hour'""",
)
USERS = f"""select
        hsp_id('user', user_n) as id, email, first_name || ' ' || last_name as name, first_name,
        last_name, role as title, team_name as department, is_active as verified,
        min(version_at) over (partition by user_n) as date_added, user_n as position,
        cast(user_n as varchar) as _key, version_at as _from
    from users where crm in {CRMS}"""
SPOTS = f"""select
        hsp_id('spot', folder) as id, folder as title, 'Content of the kind ' || folder as
            description, min(created_at) as date_added,
        row_number() over (order by folder) as position, folder as _key, min(created_at) as _from
    from enablement_assets group by folder
    union all by name
    select
        hsp_id('spot', '{REPORTS_SPOT}') as id, '{REPORTS_SPOT}' as title, 'Reports' as description,
        timestamp '2023-01-02' as date_added, 99 as position, '{REPORTS_SPOT}' as _key,
        timestamp '2023-01-02' as _from"""
ITEMS = f"""select
        hsp_id('item', asset_n) as id, hsp_id('spot', folder) as spot_id, name as title,
        kind || ' for ' || family as description,
        case format
            when 'mp4' then 'video/mp4'
            when 'pdf' then 'application/pdf'
            else 'application/vnd.openxmlformats-officedocument.' || format
        end as content_type,
        name || '.' || format as content_name, 'Content Team' as author,
        created_at as date_added, modified_at as date_updated, is_deleted as is_removed,
        asset_n as position, cast(asset_n as varchar) as _key, modified_at as _from
    from enablement_assets
    union all by name
    select
        report as id, hsp_id('spot', '{REPORTS_SPOT}') as spot_id, title, 'Report' as description,
        'report' as content_type, title as content_name, 'Admin' as author,
        timestamp '2023-01-03' as date_added, timestamp '2023-01-03' as date_updated,
        false as is_removed, 0 as position, report as _key, timestamp '2023-01-03' as _from
    from (values ('{PITCHES_REPORT}', 'Pitches'), ('{VIEWS_REPORT}', 'Views'))
        as reports (report, title)"""
# One row for each recipient, as reports have them; names are those of the reports' columns.
PITCHES = f"""select
        hsp_id('item', asset_n) as "Item ID", assets.name as "Item Name",
        folder as "Spot Name", hsp_id('pitch', share_n) as "Pitch ID",
        opportunity_name as "Pitch Name", people.email as "Sender Email",
        recipients.email as "Recipient Email", shared_at as "Sent At (UTC)",
        if(crm = 'hubspot', 'HubSpot', null) as "CRM",
        enablement_deal_id(crm, opportunity_n) as "Opportunity ID", shared_at as position,
        share_n || '/' || seat as _key, hsp_report(shared_at) as _from
    from enablement_shares
    join enablement_recipients as recipients using (share_n)
    join (select distinct asset_n, name, folder from enablement_assets) as assets using (asset_n)
    join (select user_n, arg_min(email, version_at) as email from users group by 1) as people
        on people.user_n = owner_n
    where crm in {CRMS}"""
# Viewers outside come through a pitch; whoever pitches has a look at the content before.
VIEWS = f"""with people as (
        select user_n, arg_min(email, version_at) as email from users group by 1
    ),
    seen as (
        select
            asset_n, share_n, lower(email) as email, 'External' as kind, began_at, seconds,
            view_n % 4 = 0 as is_downloaded, 'x' || view_n as _key
        from enablement_views where crm in {CRMS}
        union all
        select
            asset_n, null, people.email, 'Internal', shared_at - to_minutes(2 + share_n % 25),
            20 + share_n % 90, false, 'i' || share_n
        from enablement_shares join people on user_n = owner_n
        where crm in {CRMS}
    )
    select
        hsp_id('item', asset_n) as "Item ID", hsp_id('pitch', share_n) as "Pitch ID",
        email as "Viewer Email", kind as "Viewer Type", began_at as "Viewed At (UTC)",
        seconds as "Time Spent (Seconds)", if(is_downloaded, 'Yes', 'No') as "Downloaded",
        began_at as position, _key, hsp_report(began_at + to_seconds(seconds)) as _from
    from seen"""


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Tables of people, spots, items and both reports; run while the company's frames are there."""
    prepare_enablement(connection)
    for statement in MACROS:
        connection.execute(statement)
    return (
        VersionTable(SCHEMA, "users", USERS),
        VersionTable(SCHEMA, "spots", SPOTS, is_log=True),
        VersionTable(SCHEMA, "items", ITEMS),
        VersionTable(SCHEMA, "pitches", PITCHES, is_log=True),
        VersionTable(SCHEMA, "views", VIEWS, is_log=True),
    )
