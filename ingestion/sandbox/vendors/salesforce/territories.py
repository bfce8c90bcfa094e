"""Sales territories: the teams' and, above them, the regions'; who sells there, whose they are."""

from ingestion.sandbox.vendors.salesforce.sobject import SObject, fields, own, references

TERRITORY_NAME = "coalesce(team_name, region_name, 'Global')"
AREAS = f"""(
    select
        {TERRITORY_NAME} as name,
        if(team_name is null, null, coalesce(region_name, 'Global')) as parent,
        min(user_n) filter (where role = if(team_name is null, 'VP', 'Manager')) as manager_n,
        min(version_at) as version_at
    from {own("users")}
    group by team_name, region_name
)"""
USERS_TEAMS = f"""(
    select user_n, version_at, is_active, role, sf_role_n({TERRITORY_NAME}) as territory_n
    from {own("users")}
)"""
# A member for as long as a user is active and in the team.
MEMBERS = f"""(
    select user_n as member_n, version_at, role, if(is_active, territory_n, null) as territory_n
    from {USERS_TEAMS}
)"""
# An account belongs where its owner sells.
ACCOUNTS = f"""(
    select account_n as member_n, accounts.version_at, cast(null as varchar) as role,
        if(is_deleted, null, territory_n) as territory_n
    from {own("accounts")} as accounts
    asof left join {USERS_TEAMS} as owners
        on accounts.owner_n = owners.user_n and accounts.version_at >= owners.version_at
)"""


def stays(members: str) -> str:
    """Each stay of a member in a territory: a version when it begins, and one when it ends."""
    in_time = "over (partition by member_n order by version_at)"
    return f"""(
        with moves as (
            select * from {members}
            qualify territory_n is distinct from lag(territory_n) {in_time}
        ),
        stays as (
            select *, row_number() {in_time} as stay, lead(version_at) {in_time} as ends_at
            from moves
        )
        select member_n, stay, territory_n, role, version_at, false as is_deleted
        from stays where territory_n is not null
        union all
        select member_n, stay, territory_n, role, ends_at, true
        from stays where territory_n is not null and ends_at is not null
    )"""


NOT_CREATED = ("LastModifiedDate", "SystemModstamp")
TERRITORIES = (
    SObject(
        "Territory2", "0MI", AREAS, "sf_role_n(name)",
        references(
            ParentTerritory2Id=("0MI", "sf_role_n(parent)"),
            Territory2TypeId=("0M5", "if(parent is null, 1, 2)"),
            Territory2ModelId=("0MA", "1"),
            ForecastUserId=("005", "manager_n"),
        )
        + fields(
            "string", Name="name", DeveloperName="regexp_replace(name, '[^A-Za-z]+', '_', 'g')"
        )
        + fields("textarea", Description="cast(null as varchar)")
        + fields("picklist", AccountAccessLevel="'Edit'", OpportunityAccessLevel="'Edit'"),
        created_at="version_at",
        is_deleted="false",
        shows_deleted=False,
        stamps=NOT_CREATED,
    ),
    SObject(
        "UserTerritory2Association", "01T", stays(MEMBERS), "member_n * 1000 + stay",
        references(UserId=("005", "member_n"), Territory2Id=("0MI", "territory_n"))
        + fields("picklist", RoleInTerritory2="if(role = 'Rep', 'Sales Rep', 'Owner')")
        + fields("boolean", IsActive="true"),
        created_at="version_at",
        shows_deleted=False,
        stamps=NOT_CREATED,
    ),
    SObject(
        "ObjectTerritory2Association", "0TO", stays(ACCOUNTS), "member_n * 1000 + stay",
        references(ObjectId=("001", "member_n"), Territory2Id=("0MI", "territory_n"))
        + fields(
            "picklist", SobjectType="'Account'", AssociationCause="'Territory2AssignmentRule'"
        ),
        created_at="version_at",
        stamps=NOT_CREATED,
    ),
)  # fmt: skip
