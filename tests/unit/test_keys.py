"""Names to asset keys and groups."""

import pytest
from dagster import AssetKey

from orchestration import keys


@pytest.mark.parametrize(
    ("properties", "path"),
    [
        (
            {"resource_type": "source", "source_name": "hubspot", "name": "deals"},
            ["raw", "hubspot", "deals"],
        ),
        (
            {"resource_type": "source", "source_name": "ml", "name": "lead_scoring_predictions"},
            ["ml", "lead_scoring", "predictions"],
        ),
        (
            {"resource_type": "source", "source_name": "ml", "name": "forecasting_evaluations"},
            ["ml", "forecasting", "evaluation"],
        ),
        (
            {
                "resource_type": "model",
                "name": "stg_hubspot__deals",
                "fqn": ["revlake", "staging", "hubspot", "stg_hubspot__deals"],
            },
            ["staging", "stg_hubspot__deals"],
        ),
        (
            {
                "resource_type": "model",
                "name": "fct_leads",
                "fqn": ["revlake", "marts", "marketing", "fct_leads"],
            },
            ["marts", "fct_leads"],
        ),
        (
            {"resource_type": "seed", "name": "words", "fqn": ["revlake", "words"]},
            ["seeds", "words"],
        ),
    ],
)
def test_a_dbt_node_has_the_key_of_its_place(
    properties: dict[str, object], path: list[str]
) -> None:
    assert keys.dbt(properties) == AssetKey(path)


@pytest.mark.parametrize(
    ("path", "group"),
    [
        (["raw", "hubspot", "deals"], "raw_hubspot"),
        (["ml", "forecasting", "model"], "ml_forecasting"),
        (["staging", "stg_google_ads__campaigns"], "staging_google_ads"),
        (["intermediate", "int_opportunities__unioned"], "intermediate_opportunities"),
        (["marts", "fct_leads"], "marts"),
        (["release", "candidate"], "release"),
        (["dashboards", "executive-pulse"], "dashboards"),
    ],
)
def test_a_group_follows_from_the_key(path: list[str], group: str) -> None:
    assert keys.group(AssetKey(path)) == group
