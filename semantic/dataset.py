"""What a Superset dataset of ours is, and the YAML in which Superset's assets import takes it."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

NAMESPACE = uuid.UUID("5d0c5b9e-6f0e-4d2c-9a51-1f4a1d2b7c10")
DATABASE_UUID = str(uuid.uuid5(NAMESPACE, "database/lakehouse"))
HIDDEN_SUFFIX = "_username"

FORMATS: Mapping[str, str] = {
    "money": "SMART_NUMBER",
    "money_exact": ",.2f",
    "money_per_day": "SMART_NUMBER",
    "rate": ".1%",
    "multiple": ",.2f",
    "days": ",.1f",
    "hours": ",.1f",
    "score": ",.3f",
    "instant": "",
    "count": ",d",
}


@dataclass(frozen=True)
class Column:
    name: str
    label: str
    type: str
    is_time: bool = False
    description: str = ""


@dataclass(frozen=True)
class Metric:
    name: str
    label: str
    expression: str
    kind: str
    description: str


@dataclass(frozen=True)
class Dataset:
    """One virtual dataset: `sql` yields exactly `columns`."""

    name: str
    description: str
    sql: str
    main_time_column: str | None
    columns: tuple[Column, ...]
    metrics: tuple[Metric, ...] = field(default=())

    @property
    def uuid(self) -> str:
        return str(uuid.uuid5(NAMESPACE, f"dataset/{self.name}"))


def write_datasets(
    datasets: Iterable[Dataset], folder: Path, *, currency: str, certified_by: str = "Revlake"
) -> list[Path]:
    """Write each dataset as Superset's asset YAML into `folder`; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for dataset in datasets:
        path = folder / f"{dataset.name}.yaml"
        path.write_text(
            yaml.safe_dump(
                as_asset(dataset, currency=currency, certified_by=certified_by),
                sort_keys=False,
                allow_unicode=True,
                width=100,
            ),
            encoding="utf-8",
        )
        written.append(path)
    return written


def as_asset(dataset: Dataset, *, currency: str, certified_by: str) -> dict[str, Any]:
    """The dataset in the form that Superset's assets import takes."""
    certification = {"certification": {"certified_by": certified_by, "details": "semantic/metrics"}}
    return {
        "table_name": dataset.name,
        "main_dttm_col": dataset.main_time_column,
        "description": dataset.description,
        "default_endpoint": None,
        "offset": 0,
        "cache_timeout": None,
        "catalog": None,
        "schema": "marts",
        "sql": dataset.sql,
        "params": None,
        "template_params": None,
        "filter_select_enabled": True,
        "fetch_values_predicate": None,
        "extra": certification,
        "normalize_columns": False,
        "always_filter_main_dttm": False,
        "uuid": dataset.uuid,
        "metrics": [
            {
                "metric_name": metric.name,
                "verbose_name": metric.label,
                "metric_type": None,
                "expression": metric.expression,
                "description": metric.description,
                "d3format": FORMATS[metric.kind] or None,
                "currency": {"symbol": currency, "symbolPosition": "prefix"}
                if metric.kind.startswith("money")
                else None,
                "extra": certification,
                "warning_text": None,
            }
            for metric in dataset.metrics
        ],
        "columns": [
            {
                "column_name": column.name,
                "verbose_name": column.label,
                "is_dttm": column.is_time,
                "is_active": True,
                "type": column.type,
                "advanced_data_type": None,
                "groupby": not column.name.endswith(HIDDEN_SUFFIX),
                "filterable": not column.name.endswith(HIDDEN_SUFFIX),
                "expression": None,
                "description": column.description or None,
                "python_date_format": None,
                "extra": {},
            }
            for column in dataset.columns
        ],
        "version": "1.0.0",
        "database_uuid": DATABASE_UUID,
    }
