"""What sales enablement systems see: content, shares of it with customers, and views.

Temporary tables over the company's frames, for vendors to shape. Representatives share content with
the contacts of their open deals, at each stage what suits it; recipients come back to it, more
often and for longer where the deal is about to move on. A share's number, its recipients and its
views stay the same however far the company is simulated, for nothing looks further ahead than
`SOON`, which is less than the sandbox simulates past its clock.

- `enablement_assets`: versions of content; `asset_n`, `modified_at`, name, kind, folder
- `enablement_shares`: `share_n`, deal, asset, owner, `shared_at`
- `enablement_recipients`: `share_n`, seat (1 is the deal's contact), e-mail as the CRM knows it
- `enablement_views`: `view_n`, share, seat, from when to when, pages seen
"""

from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from ingestion.sandbox.vendors.dynamics.tables import DYN_ID
from ingestion.sandbox.vendors.hubspot.hubspot_tables import ID_BASES
from ingestion.sandbox.vendors.salesforce import ids as salesforce_ids


@dataclass(frozen=True)
class Kind:
    """A kind of content. `stage` counts the stages of a deal from 1: it is shared in that one."""

    number: int
    name: str
    folder: str
    format: str
    stage: int


KINDS = (
    Kind(1, "Overview Deck", "Presentations", "pptx", 1),
    Kind(2, "Brochure", "Collateral", "pdf", 1),
    Kind(3, "Demo Video", "Videos", "mp4", 2),
    Kind(4, "Case Study", "Collateral", "pdf", 2),
    Kind(5, "Proposal Template", "Proposals", "docx", 3),
    Kind(6, "ROI Calculator", "Proposals", "xlsx", 3),
    Kind(7, "Security White Paper", "Collateral", "pdf", 4),
    Kind(8, "Terms Summary", "Proposals", "pdf", 4),
)
STAGES = ("Qualification", "Discovery", "Proposal", "Negotiation")
FIRST_CONTENT = "timestamp '2023-01-09 09:00:00'"
SOON = "interval 10 day"
# Content is revised this often; the last revisions lie beyond every clock.
REVISED_EVERY_DAYS = 91
REVISIONS = 40
MOST_VIEWS = 5

_KINDS = ", ".join(
    f"({kind.number}, '{kind.name}', '{kind.folder}', '{kind.format}', {kind.stage})"
    for kind in KINDS
)
_STAGES = ", ".join(f"({rank}, '{stage}')" for rank, stage in enumerate(STAGES, start=1))

_DEAL_ID = f"""create macro if not exists enablement_deal_id(crm, opportunity_n) as case crm
    when 'salesforce' then sf_id('006', opportunity_n)
    when 'dynamics' then dyn_id('opportunity', opportunity_n)
    when 'hubspot' then cast({ID_BASES["hs_deal_id"]} + opportunity_n as varchar) end"""

# Every eleventh asset is withdrawn after its third revision, every other one of these comes back.
_ASSETS = f"""create temp table if not exists enablement_assets as
    with born as (
        select
            10 * product_n + kind_n as asset_n, products.name || ' ' || kinds.name as name,
            products.family, kinds.name as kind, folder, format,
            {FIRST_CONTENT} + to_hours(cast(hash(product_n, kind_n) % 2400 as bigint))
                as created_at
        from products
        cross join (values {_KINDS}) as kinds (kind_n, name, folder, format, stage)
    ),
    versions as (
        select
            *, unnest(range(0, {REVISIONS})) as revision
        from born
    )
    select
        asset_n, name, family, kind, folder, format, created_at, revision + 1 as version,
        created_at + to_days(cast(revision * {REVISED_EVERY_DAYS} as integer))
            + to_minutes(cast(hash(asset_n, revision) % 4000 as bigint)) as modified_at,
        asset_n % 11 = 0 and (revision = 3 or (revision > 3 and asset_n % 22 <> 0)) as is_deleted,
        4 + asset_n % 17 as pages, 100000 + cast(hash(asset_n) % 9000000 as bigint) as bytes
    from versions"""

_SHARES = f"""create temp table if not exists enablement_shares as
    with stages as (select * from (values {_STAGES}) as stages (rank, stage)),
    closings as (
        select
            opportunity_n, min(version_at) as closed_at, arg_min(is_won, version_at) as is_won
        from opportunities where is_closed group by 1
    ),
    begun as (
        select
            opportunity_n, rank, min(version_at) as began_at,
            arg_min(contact_n, version_at) as contact_n, arg_min(owner_n, version_at) as owner_n,
            arg_min(account_n, version_at) as account_n, arg_min(crm, version_at) as crm,
            arg_min(name, version_at) as opportunity_name,
            coalesce(arg_min(product_n, version_at), 1) as product_n
        from opportunities join stages using (stage)
        where not is_closed and not is_deleted
        group by 1, 2
    ),
    shared as (
        select
            *, began_at + to_minutes(30 + cast(hash(opportunity_n, rank) % 3000 as bigint))
                as shared_at,
            min(began_at) over (
                partition by opportunity_n order by rank
                rows between 1 following and unbounded following
            ) as moved_on_at
        from begun
    )
    select
        10 * opportunity_n + rank as share_n, opportunity_n, opportunity_name, rank, contact_n,
        account_n, owner_n, crm, shared_at,
        10 * product_n + 2 * rank - cast(hash(rank, opportunity_n) % 2 as bigint) as asset_n,
        coalesce(
            least(moved_on_at, if(is_won, closed_at, null)) between shared_at
            and shared_at + {SOON}, false
        ) as is_moving_on
    from shared
    left join closings using (opportunity_n)
    where contact_n is not null and (closed_at is null or shared_at < closed_at)
        and hash(opportunity_n, rank, 'shares') % 10 < 8"""

# From the third stage on a colleague of the contact gets it, too.
_RECIPIENTS = """create temp table if not exists enablement_recipients as
    with people as (
        select
            contact_n, min(created_at) as created_at, arg_min(email, version_at) as email,
            arg_min(account_n, version_at) as account_n,
            arg_min(first_name, version_at) as first_name,
            arg_min(last_name, version_at) as last_name
        from contacts group by 1
    )
    select share_n, 1 as seat, contact_n, email, first_name, last_name
    from enablement_shares join people using (contact_n)
    where email is not null
    union all
    select
        share_n, 2, max(people.contact_n), arg_max(email, people.contact_n),
        arg_max(first_name, people.contact_n), arg_max(last_name, people.contact_n)
    from enablement_shares as shares
    join people
        on people.account_n = shares.account_n and people.contact_n <> shares.contact_n
        and people.created_at < shares.shared_at
    where rank >= 3 and people.email is not null
    group by 1"""

_VIEWS = f"""create temp table if not exists enablement_views as
    with visits as (
        select
            recipients.*, shared_at, asset_n, owner_n, crm, is_moving_on,
            unnest(range(0, cast(hash(share_n, seat) % 3 as bigint) + if(is_moving_on, 2, 0)))
                as visit
        from enablement_recipients as recipients join enablement_shares using (share_n)
    ),
    timed as (
        select
            *, {MOST_VIEWS} * (2 * share_n + seat - 1) + visit as view_n,
            shared_at + to_minutes(5 + 2880 * visit
                + cast(hash(visit, share_n, seat) % 2700 as bigint)) as began_at,
            (20 + cast(hash(share_n, visit, seat) % 240 as bigint)) * if(is_moving_on, 2, 1)
                as seconds
        from visits
    )
    select
        view_n, share_n, seat, email, asset_n, owner_n, crm, visit + 1 as visit, began_at,
        began_at + to_seconds(seconds) as ended_at, seconds
    from timed"""


def prepare_enablement(connection: DuckDBPyConnection) -> None:
    """Makes the tables, once for all enablement systems of a sandbox, and a macro.

    `enablement_deal_id(crm, opportunity_n)` is a deal's id as its CRM has it; null for a CRM that
    enablement systems do not connect to.
    """
    salesforce_ids.register(connection)
    for statement in (DYN_ID, _DEAL_ID, _ASSETS, _SHARES, _RECIPIENTS, _VIEWS):
        connection.execute(statement)
