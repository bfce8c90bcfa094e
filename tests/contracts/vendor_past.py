"""What a vendor's records went through and are tied to, by the tables of its sandbox.

Beside vendor_truth: of records that are gone the lake has what it saw, so that is not compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ingestion.sandbox.store import Store
from ingestion.sandbox.vendors.pipedrive.fields import FIELDS
from ingestion.sources.dynamics.settings import AUDITED
from tests.contracts.vendor_truth import comparable


@dataclass(frozen=True)
class Past:
    """Columns of an entity as SQL over `{versions}` of the records that are there, and `{now}`.

    `alive` tells of a record in `table` whether it is there, `of` is the column with its id; other
    tables stand as `{name}`, as they are now. `newest` is the column that orders what is landed of
    one record, where the vendor has only the last of it.
    """

    table: str
    alive: str
    of: str
    sql: str
    others: tuple[str, ...] = ()
    newest: str = ""

    def held(self, store: Store, source: str) -> pl.DataFrame:
        """What the vendor has at the store's clock."""
        return comparable(store.fetch(self._over(store, source, self.sql)))

    def compared(self, landed: pl.DataFrame, store: Store, source: str) -> pl.DataFrame:
        """What is landed of the records that are there."""
        if not self.of:
            return landed
        there = store.fetch(self._over(store, source, "select _key from {now}"))
        if self.newest:
            landed = landed.sort(self.newest).unique(self.of, keep="last")
        return landed.filter(pl.col(self.of).cast(pl.String).is_in(there["_key"].implode()))

    def _over(self, store: Store, source: str, sql: str) -> str:
        path = f'{source}."{self.table}"'
        now = f"(select * from {store.current(path)} where {self.alive})"
        versions = f"(from {store.versions(path)} semi join {now} as there using (_key))"
        for name in self.others:
            sql = sql.replace(f"{{{name}}}", store.current(f'{source}."{name}"'))
        return sql.replace("{versions}", versions).replace("{now}", now)


def _changes(columns: Mapping[str, str], name: str, shown: str, *, first: bool) -> str:
    """A row for each version in which one of the columns is another; `first` counts the first."""
    begins = "number > 1 or new is not null" if first else "number > 1"
    return " union all ".join(
        f"select {shown}, '{key}' as {name}, _from as changed_at from (select _key, _from,"
        f" {value} as new, lag({value}) over life as old, row_number() over life as number"
        " from {versions} window life as (partition by _key order by _from))"
        f" where new is distinct from old and ({begins})"
        for key, value in columns.items()
    )


HUBSPOT_FOLLOWED = {
    "dealstage": "dealstage",
    "amount": "regexp_replace(cast(amount as varchar), '\\.0$', '')",
    "closedate": "strftime(closedate, '%Y-%m-%dT%H:%M:%S.%gZ')",
}
PIPEDRIVE_FOLLOWED = {
    **{name: name for name in ("title", "value", "currency", "stage_id", "status", "lost_reason")},
    "probability": "cast(probability as integer)",
    "expected_close_date": "cast(expected_close_date as date)",
    "close_time": "cast(closed_on as date)",
    "user_id": "owner_id",
    **{
        field.code: field.column
        for field in FIELDS["deal"]
        if field.name in ("Forecast category", "Competitor", "Next step")
    },
}

PASTS: Mapping[str, Mapping[str, Past]] = {
    "hubspot": {
        "deal_history": Past(
            "deals",
            "not _archived",
            "deal_id",
            _changes(
                HUBSPOT_FOLLOWED, "property", "_key as deal_id, coalesce(new, '') as value",
                first=True,
            ),
        ),
        "deal_associations": Past(
            "deals",
            "not _archived",
            "deal_id",
            """
            select _key as deal_id, 'companies' as object_type, "_companies" as object_id,
                true as is_primary
            from {now} where "_companies" is not null
            union all
            select _key, 'contacts', "_contacts", false from {now} where "_contacts" is not null
            union all
            select deal._key, 'contacts', cast(link.contacts as varchar), false
            from {deals_contacts} as link
            inner join {now} as deal on deal.hs_object_id = link.deals
            inner join {contacts} as contact on contact.hs_object_id = link.contacts
            where not link._deleted and not contact._archived and not contact._merged
                and cast(link.contacts as varchar) is distinct from deal."_contacts"
            """,
            ("deals_contacts", "contacts"),
        ),
    },
    "pipedrive": {
        "deal_history": Past(
            "deals",
            "not is_deleted",
            "deal_id",
            _changes(PIPEDRIVE_FOLLOWED, "field_key", "_key as deal_id", first=False),
        )
    },
    "pardot": {
        "list_email_stats": Past(
            "list_emails",
            "not isDeleted",
            "list_email_id",
            """
            select cast(email.id as varchar) as list_email_id,
                count(*) filter (activity."type" = 6) as sent,
                count(*) filter (activity."type" = 11) as opens,
                count(distinct activity."prospectId") filter (activity."type" = 11) as unique_opens,
                count(*) filter (activity."type" = 1) as total_clicks,
                count(*) filter (activity."type" = 12) as opt_outs
            from {now} as email
            left join {visitor_activities} as activity on activity."listEmailId" = email.id
            group by 1
            """,
            ("visitor_activities",),
        ),
        "prospect_scores": Past(
            "prospects",
            "not isDeleted",
            "prospect_id",
            "select cast(id as varchar) as prospect_id, score, grade from {now}",
            newest="snapshot_date",
        ),
    },
    "dynamics": {
        "opportunity_history": Past(
            "audit",
            "true",
            "",
            f"""
            select audit_id, changed_at, change."logicalName" as attribute
            from (
                select auditid as audit_id, createdon as changed_at,
                    unnest(from_json(
                        changedata -> 'changedAttributes',
                        '[{{"logicalName":"VARCHAR"}}]'
                    )) as change
                from {{now}}
            )
            where change."logicalName" in ({", ".join(f"'{name}'" for name in AUDITED)})
            """,
        )
    },
}  # fmt: skip
