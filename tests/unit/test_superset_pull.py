"""Exported dashboards lose what only one server knows, and nothing that somebody drew."""

import copy
from typing import Any

from semantic.pull import stable

FIRST, SECOND = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"


def exported(first: int, second: int, **metadata: Any) -> dict[str, Any]:
    """Two charts with the ids of one server; the filter leaves the second out."""
    return {
        "slug": "sales",
        "certified_by": "Revlake",
        "css": "",
        "position": {
            "CHART-1": {"type": "CHART", "meta": {"uuid": SECOND, "chartId": second}},
            "CHART-2": {"type": "CHART", "meta": {"uuid": FIRST, "chartId": first}},
        },
        "metadata": {
            "native_filter_configuration": [
                {"id": "N", "scope": {"excluded": [second]}, "chartsInScope": [first]}
            ],
            "global_chart_configuration": {
                "scope": {"rootPath": ["ROOT_ID"], "excluded": [second, first]},
                "chartsInScope": [],
            },
            "chart_configuration": {
                str(first): {
                    "id": first,
                    "crossFilters": {"scope": {"excluded": [second]}, "chartsInScope": [first]},
                },
                str(second): {"id": second, "crossFilters": {"scope": "global"}},
            },
            **metadata,
        },
    }


def test_ids_of_two_servers_give_one_document() -> None:
    here, there = exported(41, 7), exported(3, 9, shared_label_colors=["EMEA"])
    assert stable("dashboards", here) == stable("dashboards", there)


def test_the_reach_of_filters_and_cross_filters_stays() -> None:
    metadata = stable("dashboards", exported(41, 7))["metadata"]
    assert metadata == {
        "native_filter_configuration": [{"id": "N", "scope": {"excluded": [2]}}],
        "global_chart_configuration": {"scope": {"rootPath": ["ROOT_ID"], "excluded": [1, 2]}},
        "chart_configuration": {
            "1": {"id": 1, "crossFilters": {"scope": {"excluded": [2]}, "chartsInScope": []}}
        },
    }


def test_the_document_that_is_read_is_not_changed() -> None:
    document = exported(41, 7)
    before = copy.deepcopy(document)
    once = stable("dashboards", document)
    assert document == before
    assert stable("dashboards", once) == once
