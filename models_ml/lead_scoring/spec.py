"""What lead scoring predicts, from what, and how much history it asks for."""

from dataclasses import dataclass

from models_ml.common.classifier_training import ClassifierSpec
from models_ml.common.feature import Feature

FEATURES = (
    Feature("lead_source", "category", "Source"),
    Feature("title_seniority", "category", "Seniority"),
    Feature("industry", "category", "Industry"),
    Feature("country", "category", "Country"),
    Feature("campaign_channel", "category", "Campaign channel"),
    Feature("employee_count", "number", "Employees"),
    Feature("age_days", "number", "Days since creation"),
    Feature("email_open_score", "number", "E-mail opens, decayed"),
    Feature("email_click_score", "number", "E-mail clicks, decayed"),
    Feature("email_sent_count_30d", "number", "E-mails sent in 30 days"),
    Feature("days_since_last_engagement", "number", "Days since last open or click"),
    Feature("is_unsubscribed", "flag", "Unsubscribed"),
    Feature("call_count", "number", "Calls"),
    Feature("outbound_email_count", "number", "E-mails from reps"),
    Feature("inbound_email_count", "number", "E-mails from the lead"),
    Feature("meeting_count", "number", "Meetings"),
    Feature("activity_count_14d", "number", "Activities in 14 days"),
    Feature("days_since_last_activity", "number", "Days since last activity"),
    Feature("first_response_hours", "number", "Hours to first response"),
)


@dataclass(frozen=True)
class LeadScoringSpec(ClassifierSpec):
    """P(a lead converts within `horizon_days` | what was known at the end of as_of_date).

    `grade_capacity_share`: the share of open leads that the team can work at once; the best
    such share is graded A, the next one B, the next two C, the rest D.
    """

    features: tuple[Feature, ...] = FEATURES
    target: str = "is_converted_within_90d"
    horizon_days: int = 90
    need_leads: int = 500
    need_converted_leads: int = 60
    grade_capacity_share: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_share("grade_capacity_share", highest=0.5)


SPEC = LeadScoringSpec()
