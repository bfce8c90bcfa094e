"""Revlake's looks in Superset: tokens edited over the stock ones, and colour schemes."""

from collections.abc import Mapping
from typing import Any

INK = "#12324a"
TEAL = "#0f766e"

CATEGORICAL = [
    "#0f766e",
    "#12324a",
    "#d08a2e",
    "#5b8db8",
    "#a4483f",
    "#7a9e7e",
    "#7d6b9e",
    "#c2a878",
    "#4f6d7a",
    "#c77d98",
]
SEQUENTIAL = ["#eef6f5", "#cfe5e2", "#a3cdc8", "#6fb0a9", "#3f918a", "#0f766e", "#0a524d"]
DIVERGING = ["#a4483f", "#cb8d84", "#ead2cd", "#f4f4f2", "#c5dedb", "#6fb0a9", "#0f766e"]


def theme(stock: Mapping[str, Any]) -> dict[str, Any]:
    """Superset replaces its whole theme by this one: stock tokens are kept and then edited."""
    tokens = {
        **stock["token"],
        "brandAppName": "Revlake",
        "brandLogoAlt": "Revlake",
        "brandLogoUrl": "/revlake/logo.svg",
        "brandLogoHref": "/",
        "brandLogoHeight": "26px",
        "brandLogoMargin": "17px 0",
        "brandSpinnerUrl": "/revlake/spinner.svg",
        "colorPrimary": TEAL,
        # Derived tints of a dark teal come out grey
        "colorPrimaryBg": "#e6f2f0",
        "colorPrimaryBgHover": "#d3e8e5",
        "colorPrimaryBorder": "#a3cdc8",
        "colorPrimaryBorderHover": "#6fb0a9",
        "colorPrimaryHover": "#0c8579",
        "colorPrimaryActive": "#0a524d",
        "colorSuccessBg": "#e8f4ec",
        "colorSuccessBorder": "#b5d9c2",
        "colorLink": TEAL,
        "colorInfo": "#5b8db8",
        "colorSuccess": "#3f8f5f",
        "colorWarning": "#d08a2e",
        "colorError": "#b3403a",
        "colorTextBase": INK,
        "colorBgLayout": "#f6f8f9",
        "colorBorderSecondary": "#e6ebee",
        "borderRadius": 6,
        "fontUrls": [],
        "fontFamily": "Inter, Helvetica, Arial, sans-serif",
        "fontWeightStrong": "600",
    }
    return {**stock, "token": tokens, "algorithm": "default"}


def categorical_schemes() -> list[dict[str, Any]]:
    """The default colours of series, told apart in print and with colour-blind eyes."""
    return [
        {
            "id": "revlake",
            "label": "Revlake",
            "description": "Calm series colours",
            "isDefault": True,
            "colors": CATEGORICAL,
        }
    ]


def sequential_schemes() -> list[dict[str, Any]]:
    """One ramp for amounts (default) and one for above and below a target."""
    return [
        {
            "id": "revlake_teal",
            "label": "Revlake teal",
            "description": "Low to high",
            "isDiverging": False,
            "isDefault": True,
            "colors": SEQUENTIAL,
        },
        {
            "id": "revlake_target",
            "label": "Revlake target",
            "description": "Below and above target",
            "isDiverging": True,
            "isDefault": False,
            "colors": DIVERGING,
        },
    ]
