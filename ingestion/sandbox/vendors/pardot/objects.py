"""Account Engagement's objects: paths, fields with their types, and what queries may do with them.

Fields that the company has nothing for are served as null.
"""

from dataclasses import dataclass

_FILTERED_INSTANTS = ("createdAt", "updatedAt")


@dataclass(frozen=True)
class ObjectType:
    """An object type. `fields` maps names to types; `filters` are fields to filter by;
    `has_bin` says whether its records go to the recycle bin when they are deleted."""

    path: str
    fields: dict[str, str]
    filters: tuple[str, ...] = ("id", *_FILTERED_INSTANTS)
    has_bin: bool = True

    @property
    def table(self) -> str:
        return self.path.replace("-", "_")


def _fields(**names: str) -> dict[str, str]:
    """Types by field: `_fields(int="id", text="name")`."""
    return {name: kind for kind, listed in names.items() for name in listed.split()}


_AUTHORS = "createdById updatedById"
_TIMES = "createdAt updatedAt"

PROSPECTS = ObjectType(
    "prospects",
    _fields(
        int=f"id assignedToId campaignId profileId prospectAccountId lifecycleStageId score"
        f" employees userId {_AUTHORS}",
        text="addressOne addressTwo annualRevenue campaignParameter city comments company"
        " contentParameter convertedFromObjectName convertedFromObjectType country"
        " salesforceAccountId salesforceCampaignId salesforceContactId salesforceId"
        " salesforceLeadId salesforceOwnerId salesforceUrl department email emailBouncedReason fax"
        " firstName firstReferrerQuery firstReferrerType firstReferrerUrl grade industry jobTitle"
        " lastName mediumParameter notes phone recentInteraction salutation source sourceParameter"
        " state termParameter territory website yearsInBusiness zip"
        " Buying_Role__c Preferred_Language__c",
        flag="doNotSell isDeleted isDoNotCall isDoNotEmail isEmailHardBounced isReviewed isStarred"
        " optedOut",
        instant=f"convertedAt emailBouncedAt firstActivityAt firstAssignedAt lastActivityAt"
        f" salesforceLastSync {_TIMES}",
    ),
    filters=("id", *_FILTERED_INSTANTS, "lastActivityAt", "userId", "assignedToId"),
)
VISITORS = ObjectType(
    "visitors",
    _fields(
        int="id campaignId pageViewCount prospectId",
        text="campaignParameter contentParameter hostname ipAddress mediumParameter sourceParameter"
        " termParameter",
        flag="doNotSell isDeleted isIdentified",
        instant=_TIMES,
    ),
)
VISITOR_ACTIVITIES = ObjectType(
    "visitor-activities",
    _fields(
        int="id campaignId customRedirectId emailId emailTemplateId fileId formHandlerId formId"
        " landingPageId listEmailId multivariateTestVariationId opportunityId paidSearchAdId"
        " prospectId siteSearchQueryId type visitId visitorId visitorPageViewId",
        text="details typeName",
        instant=_TIMES,
    ),
    filters=("id", *_FILTERED_INSTANTS, "type", "prospectId", "visitorId"),
    has_bin=False,
)
CAMPAIGNS = ObjectType(
    "campaigns",
    _fields(
        int=f"id cost folderId parentCampaignId {_AUTHORS}",
        text="name salesforceId",
        flag="isDeleted",
        instant=_TIMES,
    ),
)
LISTS = ObjectType(
    "lists",
    _fields(
        int=f"id campaignId folderId {_AUTHORS}",
        text="description name title",
        flag="isDeleted isDynamic isPublic isSalesforceVisible",
        instant=_TIMES,
    ),
)
LIST_MEMBERSHIPS = ObjectType(
    "list-memberships",
    _fields(int=f"id listId prospectId {_AUTHORS}", flag="isDeleted optedOut", instant=_TIMES),
    filters=("id", *_FILTERED_INSTANTS, "listId", "prospectId"),
)
FORMS = ObjectType(
    "forms",
    _fields(
        int=f"id campaignId folderId layoutTemplateId trackerDomainId {_AUTHORS}",
        text="afterFormContent beforeFormContent checkboxAlignment embedCode fontColor fontFamily"
        " fontSize labelAlignment name radioAlignment redirectLocation requiredCharacter"
        " salesforceId submitButtonText thankYouContent",
        flag="isAlwaysDisplay isCaptchaEnabled isCookieless isDeleted isUseRedirectLocation"
        " showNotProspect",
        instant=_TIMES,
    ),
    filters=("id",),
)
LIST_EMAILS = ObjectType(
    "list-emails",
    _fields(
        int=f"id campaignId emailTemplateId folderId trackerDomainId {_AUTHORS}",
        text="clientType name subject",
        flag="isDeleted isOperational isPaused isSent",
        instant=f"sentAt {_TIMES}",
    ),
    filters=("id", *_FILTERED_INSTANTS, "sentAt"),
)
OPPORTUNITIES = ObjectType(
    "opportunities",
    _fields(
        int=f"id campaignId probability {_AUTHORS}",
        text="name salesforceId stage status type",
        number="value",
        flag="isDeleted",
        instant=f"closedAt {_TIMES}",
    ),
)
CUSTOM_FIELDS = ObjectType(
    "custom-fields",
    _fields(
        int=f"id {_AUTHORS}",
        text="apiFieldId fieldId name salesforceId type",
        flag="isAnalyticsSynced isRecordMultipleResponses isRequired isUseValues",
        instant=_TIMES,
    ),
    has_bin=False,
)

OBJECT_TYPES: dict[str, ObjectType] = {
    item.path: item
    for item in (
        PROSPECTS, VISITORS, VISITOR_ACTIVITIES, CAMPAIGNS, LISTS, LIST_MEMBERSHIPS, FORMS,
        LIST_EMAILS, OPPORTUNITIES, CUSTOM_FIELDS,
    )
}  # fmt: skip
