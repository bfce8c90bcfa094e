"""Seismic's reporting tables: the people, content and LiveSend links of two regions.

Seismic is connected to Salesforce and Dynamics. A row carries the time at which it was written
(`modifiedAt`) and shows when the reports are next refreshed, some hours later.
"""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.enablement import prepare_enablement
from ingestion.sandbox.store import VersionTable

SCHEMA = "seismic"
CRMS = "('salesforce', 'dynamics')"
MACROS = (
    """create or replace macro seismic_id(kind, number) as
        cast(cast(md5('seismic ' || kind || '/' || number) as uuid) as varchar)""",
    """create or replace macro seismic_refresh(moment) as
        time_bucket(interval '6 hours', moment) + interval '6 hours'""",
    # Seismic's Salesforce contexts have the ids of 15 characters.
    """create or replace macro seismic_context(crm, opportunity_n) as if(crm = 'salesforce',
        left(enablement_deal_id(crm, opportunity_n), 15), enablement_deal_id(crm, opportunity_n))
    """,
)
SHARES = f"""create or replace temp table seismic_shares as
    select
        *, if(crm = 'salesforce', 'Salesforce', 'Dynamics') as system,
        if(crm = 'salesforce', 'Opportunity', 'opportunity') as context_type,
        seismic_context(crm, opportunity_n) as context_id, seismic_id('user', owner_n) as user_id,
        seismic_id('content', asset_n) as content_id, seismic_id('link', share_n) as link_id,
        seismic_id('link content', share_n) as link_content_id,
        seismic_id('group', share_n) as group_id,
        seismic_id('interaction', share_n) as interaction_id
    from enablement_shares where crm in {CRMS}"""
VIEWS = """create or replace temp table seismic_views as
    select
        views.*, seismic_id('session', view_n) as session_id, link_id, link_content_id, group_id,
        interaction_id
    from enablement_views as views join seismic_shares using (share_n)"""

USERS = f"""select
        seismic_id('user', user_n) as id, email, split_part(email, '@', 2) as "emailDomain",
        lower(email) as username, lower(email) as "ssoUserId", first_name as "firstName",
        last_name as "lastName", first_name || ' ' || last_name as "fullName", role as title,
        team_name as department, region_name as "businessUnit",
        min(version_at) over (partition by user_n) as "createdAt", version_at as "modifiedAt",
        not is_active as "isDeactivated", if(is_active, null, version_at) as "deactivatedAt",
        false as "isDeleted", cast(hired_on as timestamp) as "hireDate",
        if(manager_n is null, null, seismic_id('user', manager_n)) as "managerId",
        'Full' as "licenseType", 'en-US' as "languageCode", false as "isLocked",
        false as "isSeismicEmployee", true as "isSeismicEnabled", false as "isLessonlyEnabled",
        role = 'Director' as "isSystemAdmin",
        cast(user_n as varchar) as _key, seismic_refresh(version_at) as _from
    from users where crm in {CRMS}"""
CONTENTS = """with folders as (
        select folder, min(created_at) as created_at from enablement_assets group by 1
    )
    select
        seismic_id('folder', folder) as id, folder as name, cast(null as varchar) as description,
        'folder' as type, cast(null as varchar) as format, '/Sales Library' as "libraryPath",
        cast(null as varchar) as "parentFolderLibraryContentId", false as "isDeleted",
        cast(null as timestamp) as "deletedAt", true as "isPublished", '1' as version,
        cast(null as bigint) as "latestLibraryContentVersionSize", created_at as "createdAt",
        created_at as "modifiedAt", created_at as "lastModified", 'Sales' as "teamsiteName",
        seismic_id('teamsite', 1) as "teamsiteId", 'folder ' || folder as _key,
        seismic_refresh(created_at) as _from
    from folders
    union all by name
    select
        seismic_id('content', asset_n) as id, name, kind || ' for ' || family as description,
        'file' as type, format, '/Sales Library/' || folder as "libraryPath",
        seismic_id('folder', folder) as "parentFolderLibraryContentId",
        is_deleted as "isDeleted", if(is_deleted, modified_at, null) as "deletedAt",
        not is_deleted as "isPublished", cast(version as varchar) as version,
        bytes as "latestLibraryContentVersionSize", created_at as "createdAt",
        modified_at as "modifiedAt", modified_at as "lastModified", 'Sales' as "teamsiteName",
        seismic_id('teamsite', 1) as "teamsiteId", 'content ' || asset_n as _key,
        seismic_refresh(modified_at) as _from
    from enablement_assets"""
LINKS = """select
        link_id as id, user_id as "createdBy",
        shared_at as "createdAt", shared_at as "modifiedAt",
        shared_at + interval 90 day as "expiresAt", opportunity_name as "interactionGroupName",
        group_id as "interactionGroupId", rank >= 4 as "isDigitalRoom",
        false as "isRoomCustomized", false as "isSeparateSend", false as "expireAfterView",
        rank < 4 as "allowDownload", false as "hasPassword", rank >= 3 as "loginEnabled",
        'EveryView' as "notificationMode", 'l/' || md5('link ' || share_n) as "urlPath",
        cast(share_n as varchar) as _key, seismic_refresh(shared_at) as _from
    from seismic_shares"""
# A link's content counts its sessions; some content is taken off again later.
LINK_CONTENTS = """with moments as (
        select share_n, shared_at as moment, 0 as sessions, false as is_deleted
        from seismic_shares
        union all
        select
            share_n, ended_at, row_number() over (partition by share_n order by ended_at, view_n),
            false
        from seismic_views
        union all
        select
            share_n, shared_at + interval 20 day,
            coalesce(counted.sessions, 0), true
        from seismic_shares
        left join (select share_n, count(*) as sessions from seismic_views group by 1) as counted
            using (share_n)
        where share_n % 40 = 1
    )
    select
        link_content_id as id, link_id as "livesendLinkId",
        content_id as "libraryContentId",
        group_id as "interactionGroupId", assets.name, shared_at as "createdAt",
        user_id as "createdBy", moments.is_deleted as "isDeleted",
        if(moments.is_deleted, moment, null) as "deletedAt", moment as "modifiedAt",
        sessions as "numberOfSessions", sessions > 0 as "wasViewed", pages as "totalPages",
        cast(share_n as varchar) as _key,
        seismic_refresh(moment) + to_milliseconds(sessions) as _from
    from moments
    join seismic_shares using (share_n)
    join (select distinct asset_n, name, pages from enablement_assets) as assets using (asset_n)"""
MEMBERS = """select
        link_id as "livesendLinkId", lower(email) as email,
        seismic_id('external', lower(email)) as "externalUserId", false as "isInternalUser",
        shared_at as "createdAt", shared_at as "modifiedAt", share_n || '/' || seat as _key,
        seismic_refresh(shared_at) as _from
    from enablement_recipients join seismic_shares using (share_n)"""
SESSIONS = """select
        session_id as id, link_id as "livesendLinkId",
        group_id as "interactionGroupId",
        interaction_id as "interactionId",
        lower(email) as "engagementUserEmail", false as "isInternalUser",
        began_at as "sessionStartedAt", ended_at as "sessionEndedAt", ended_at as "modifiedAt",
        seconds as "roomDurationSeconds", seconds as "totalContentViewingDurationSeconds",
        'Email' as "userLoginType", true as "userWasLoggedIn",
        '203.0.113.' || view_n % 250 as "ipAddress", cast(view_n as varchar) as _key,
        seismic_refresh(ended_at) as _from
    from seismic_views"""
CONTENT_SESSIONS = """select
        seismic_id('content session', view_n) as id,
        session_id as "livesendViewingSessionId",
        link_id as "livesendLinkId",
        link_content_id as "livesendLinkContentId",
        interaction_id as "interactionId",
        lower(email) as "engagementUserEmailAddress", false as "isInternalUser",
        began_at as "sessionStartedAt", ended_at as "sessionEndedAt", ended_at as "modifiedAt",
        seconds as "durationSeconds", cast(view_n as varchar) as _key,
        seismic_refresh(ended_at) as _from
    from seismic_views"""
# Some representatives attach a deal by mistake and take it off again.
CONTEXTS = """with moments as (
        select *, shared_at as moment, false as is_removed from seismic_shares
        union all
        select *, shared_at + interval 5 day, true from seismic_shares where share_n % 50 = 2
    )
    select
        seismic_id('context', share_n) as id, interaction_id as "interactionId",
        context_id as "contextId", opportunity_name as "contextName",
        context_type as "contextType", 'seismic-embedded' as "contextSource",
        system as "systemName", system as "systemType", is_removed as "isDeleted",
        moment as "modifiedAt", cast(share_n as varchar) as _key, seismic_refresh(moment) as _from
    from moments"""
USAGES = """select
        seismic_id('usage', share_n) as id, 'Share' as action, 'LiveSend' as "actionType",
        'Web' as application, 'Library' as "productArea",
        content_id as "contentId",
        content_id as "libraryContentId",
        link_id as "livesendLinkId",
        link_content_id as "livesendLinkContentId",
        interaction_id as "interactionId",
        context_id as "contextId", opportunity_name as "contextName",
        context_type as "contextType", system as "contextSystemType", true as "isBoundDelivery",
        user_id as "userId", shared_at as "occurredAt",
        shared_at as "modifiedAt", cast(share_n as varchar) as _key,
        seismic_refresh(shared_at) as _from
    from seismic_shares"""
# Who shares has a look at it first.
OWN_VIEWS = """select
        seismic_id('own view', share_n) as id, 'View' as action, 'Web' as application,
        'Library' as "productArea", content_id as "contentId",
        content_id as "libraryContentId",
        context_id as "contextId", opportunity_name as "contextName",
        context_type as "contextType", system as "contextSystemType",
        user_id as "userId",
        shared_at - to_minutes(2 + share_n % 25) as "occurredAt",
        shared_at - to_minutes(2 + share_n % 25) as "modifiedAt",
        cast(share_n as varchar) as _key,
        seismic_refresh(shared_at - to_minutes(2 + share_n % 25)) as _from
    from seismic_shares"""

# What Seismic has in these tables, too, and this company leaves empty.
EMPTY = {
    "users": "address defaultContentProfileId defaultContentProfileName deletedAt externalId"
    " groupMembersUserId latestActivityDate location managerName organization phoneNumber"
    " userPropertyAssignmentsUserId",
    "libraryContents": "addLibraryContentToProfileAt associatedProgramLibraryContentId"
    " contentStatus deletedByUserId deletedByUserName docCenterUrl hasPlannerAssociations"
    " hasProgramAssociations isAvailableInProfile isCheckedOut"
    " latestLibraryContentVersionCreatedAt latestLibraryContentVersionCreatedBy"
    " latestLibraryContentVersionCreatedByUsername latestLibraryContentVersionExpiresAt"
    " latestLibraryContentVersionId latestLibraryContentVersionStatus latestVersion libraryUrl"
    " newsCenterUrl originType ownerEmail ownerId ownerUsername previewImageId previewImageUrl"
    " publishedAt publishedByUserId publishedByUsername publishedVersionExpiresAt"
    " publishedVersionId shortId thumbnailImageId thumbnailImageUrl unpublishedAt",
    "livesendLinks": "",
    "livesendLinkContents": "livesendLinkMeetingContentId",
    "livesendLinkMembers": "internalUserId",
    "livesendViewingSessions": "city country state geolocationLatitude geolocationLongitude",
    "livesendContentViewingSessions": "",
    "interactionContexts": "contextEmail contextSourceType interactionRecipientId systemId"
    " udmContextHistoryId udmContextId",
    "contentUsageHistory": "contentProfileId contentProfileName contentVersionId instanceName"
    " libraryContentVersionId totalPages userUsername workspaceContentId"
    " workspaceContentVersionId",
    "contentViewHistory": "contentProfileId contentProfileName contentVersionId instanceName"
    " libraryContentVersionId userUsername workspaceContentId workspaceContentVersionId",
}
SELECTS = {
    "users": USERS,
    "libraryContents": CONTENTS,
    "livesendLinks": LINKS,
    "livesendLinkContents": LINK_CONTENTS,
    "livesendLinkMembers": MEMBERS,
    "livesendViewingSessions": SESSIONS,
    "livesendContentViewingSessions": CONTENT_SESSIONS,
    "interactionContexts": CONTEXTS,
    "contentUsageHistory": USAGES,
    "contentViewHistory": OWN_VIEWS,
}
CHANGING = {"users", "libraryContents", "livesendLinkContents", "interactionContexts"}


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Version tables of all reports; run while the company's frames are registered."""
    prepare_enablement(connection)
    for statement in (*MACROS, SHARES, VIEWS):
        connection.execute(statement)
    for name, select in SELECTS.items():
        empty = "".join(f', cast(null as varchar) as "{each}"' for each in EMPTY[name].split())
        yield VersionTable(
            SCHEMA, name, f"select *{empty} from ({select})", is_log=name not in CHANGING
        )
