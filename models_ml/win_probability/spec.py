"""What win probability predicts, from what, and how much history it asks for."""

from dataclasses import dataclass

from models_ml.common.classifier_training import ClassifierSpec
from models_ml.common.feature import Feature

FEATURES = (
    Feature("stage_name", "category", "Stage"),
    Feature("probability_rate", "number", "CRM probability"),
    Feature("forecast_category", "category", "Forecast category"),
    Feature("segment", "category", "Segment"),
    Feature("industry", "category", "Industry"),
    Feature("lead_source", "category", "Lead source"),
    Feature("opportunity_type", "category", "Type"),
    Feature("product_family", "category", "Product family"),
    Feature("amount", "number", "Amount"),
    Feature("amount_change_rate", "number", "Amount change since creation"),
    Feature("age_days", "number", "Days since creation"),
    Feature("stage_age_days", "number", "Days in stage"),
    Feature("regression_count", "number", "Steps back"),
    Feature("push_count", "number", "Close date pushes"),
    Feature("days_pushed", "number", "Days pushed in total"),
    Feature("days_to_close_date", "number", "Days to close date"),
    Feature("days_to_quarter_end", "number", "Days to quarter end"),
    Feature("is_due_this_quarter", "flag", "Due this quarter"),
    Feature("rep_win_rate", "number", "Rep's win rate so far"),
    Feature("rep_open_count", "number", "Rep's open deals"),
    Feature("activity_count_7d", "number", "Activities in 7 days"),
    Feature("activity_count_30d", "number", "Activities in 30 days"),
    Feature("inbound_count_30d", "number", "Replies in 30 days"),
    Feature("meeting_count_30d", "number", "Meetings in 30 days"),
    Feature("days_since_last_activity", "number", "Days since last activity"),
    Feature("contact_count_30d", "number", "Contacts engaged in 30 days"),
)


@dataclass(frozen=True)
class WinProbabilitySpec(ClassifierSpec):
    """P(an open opportunity is ever won | what was known at the end of as_of_date).

    `mature_share`: rows younger than the time by which this share of rows was decided are not
    used, because among them only the quickly decided ones have a label.
    """

    features: tuple[Feature, ...] = FEATURES
    target: str = "is_won"
    calibration_share: float = 0.25
    mature_share: float = 0.9
    need_closed_opportunities: int = 250
    need_won_opportunities: int = 50
    need_lost_opportunities: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_share("mature_share", highest=1.0)


SPEC = WinProbabilitySpec()
