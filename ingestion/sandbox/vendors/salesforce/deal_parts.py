"""What hangs on a deal: the history of its fields, its competitor, the people who decide."""

from ingestion.sandbox.vendors.salesforce.sobject import (
    SObject,
    changes,
    fields,
    own,
    references,
)

# Tracked fields: name, data type, the deal's column, and its value as text.
TRACKED = (
    ("StageName", "DynamicEnum", "stage", "{}"),
    ("Amount", "Currency", "amount", "cast({} as varchar)"),
    ("CloseDate", "DateOnly", "close_date", "cast({} as varchar)"),
    ("NextStep", "Text", "next_step", "{}"),
    ("ForecastCategoryName", "DynamicEnum", "forecast_category", "{}"),
    ("Loss_Reason__c", "DynamicEnum", "loss_reason", "{}"),
    # A lookup's change has two rows: one with ids, one with names.
    ("Owner", "EntityId", "owner_n", "sf_id('005', {})"),
    ("Owner", "Text", "owner_name", "{}"),
)
IN_TIME = "over (partition by opportunity_n order by version_at)"


def _field_history() -> str:
    befores = ", ".join(f"lag({column}) {IN_TIME} as old_{column}" for _, _, column, _ in TRACKED)
    changed = " union all ".join(
        f"select opportunity_n, version_at, owner_n, '{field}' as field, '{kind}' as kind,"
        f" {text.format(f'old_{column}')} as old_value, {text.format(column)} as new_value"
        f" from deals where place > 1 and old_{column} is distinct from {column}"
        for field, kind, column, text in TRACKED
    )
    return f"""(
        with deals as materialized (
            select own.*, owner_name, row_number() {IN_TIME} as place, {befores}
            from {own("opportunities")} as own
            left join (
                select user_n, any_value(concat_ws(' ', first_name, last_name)) as owner_name
                from users
                group by user_n
            ) as owners on owners.user_n = own.owner_n
            where not is_deleted
        ),
        entries as (
            select opportunity_n, version_at, owner_n, 'created' as field,
                cast(null as varchar) as kind, cast(null as varchar) as old_value,
                cast(null as varchar) as new_value
            from deals where place = 1
            union all {changed}
        )
        select *,
            row_number() over (partition by opportunity_n order by version_at, field, kind) as place
        from entries
    )"""


COMPETITORS = f"""(
    select *, min(version_at) over (partition by opportunity_n) as known_at
    from {changes(
        f"{own('opportunities')} where competitor is not null",
        "opportunity_n", "competitor", "loss_reason", "is_deleted",
    )}
)"""  # fmt: skip
# The deal's own contact, from Discovery on another of the account's, from Proposal on a third.
CONTACT_ROLES = f"""(
    with milestones as (
        select
            opportunity_n,
            arg_min(account_n, version_at) as account_n,
            arg_min(contact_n, version_at) as contact_n,
            min(version_at) filter (where stage = 'Discovery') as discovered_at,
            min(version_at) filter (where stage = 'Proposal') as proposed_at,
            min(version_at) filter (where is_deleted) as deleted_at
        from {own("opportunities")}
        group by opportunity_n
    ),
    people as (
        select
            contact_n,
            arg_min(account_n, version_at) as account_n,
            min(version_at) as known_at,
            min(version_at) filter (where is_deleted) as gone_at,
            arg_max(merged_into_n, version_at) as merged_into_n
        from {own("contacts")}
        group by contact_n
    ),
    joined as (
        select opportunity_n, people.contact_n, place, known_at, gone_at, merged_into_n,
            deleted_at, if(place = 1, discovered_at, proposed_at) as begins_at
        from (
            select milestones.* exclude (contact_n), people.* exclude (account_n),
                row_number() over (partition by opportunity_n order by people.contact_n) as place
            from milestones
            inner join people
                on milestones.account_n = people.account_n
                and milestones.contact_n is distinct from people.contact_n
        ) as people
        where place <= 2
    ),
    others as (
        select *, gone_at < coalesce(deleted_at, gone_at + interval 1 second) as goes_first
        from joined
        where known_at <= begins_at
            and (deleted_at is null or begins_at < deleted_at)
            and (gone_at is null or begins_at < gone_at)
    )
    select opportunity_n, 0 as place, contact_n, created_at, version_at, is_deleted
    from {changes(
        f"{own('opportunities')} where contact_n is not null",
        "opportunity_n", "contact_n", "is_deleted",
    )}
    union all
    select opportunity_n, place, contact_n, begins_at, begins_at, false
    from others
    union all
    select opportunity_n, place, coalesce(merged_into_n, contact_n), begins_at, gone_at,
        merged_into_n is null
    from others where goes_first
    union all
    select opportunity_n, place, if(goes_first, merged_into_n, contact_n), begins_at, deleted_at,
        true
    from others
    where deleted_at is not null and not (coalesce(goes_first, false) and merged_into_n is null)
)"""  # fmt: skip

DEAL_PARTS = (
    SObject(
        "OpportunityFieldHistory", "017", _field_history(), "opportunity_n * 100000 + place",
        references(OpportunityId=("006", "opportunity_n"), CreatedById=("005", "owner_n"))
        + fields("picklist", Field="field", DataType="kind")
        + fields("anyType", OldValue="old_value", NewValue="new_value"),
        created_at="version_at",
        is_deleted="false",
        is_log=True,
        stamps=("CreatedDate",),
    ),
    SObject(
        "OpportunityCompetitor", "00J", COMPETITORS, "opportunity_n",
        references(OpportunityId=("006", "opportunity_n"))
        + fields("combobox", CompetitorName="competitor")
        + fields("string", Strengths="loss_reason", Weaknesses="cast(null as varchar)"),
        created_at="known_at",
    ),
    SObject(
        "OpportunityContactRole", "00K", CONTACT_ROLES, "opportunity_n * 10 + place",
        references(OpportunityId=("006", "opportunity_n"), ContactId=("003", "contact_n"))
        + fields(
            "picklist", Role="['Decision Maker', 'Evaluator', 'Economic Buyer'][1 + place]"
        )
        + fields("boolean", IsPrimary="place = 0"),
    ),
)  # fmt: skip
