"""Deploys dashboards, roles and people to Superset, and looks whether they work.

Order, so that nobody sees too much at any moment: datasets, row rules, charts and dashboards,
grants, people, then a probe by a person who owns nothing and one query of every chart.

A publish needs no call: the served release is part of each data cache key (`server/`).
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import requests

from semantic.assets import CERTIFIED_BY, Assets, AssetsError, Document, bundle, load
from semantic.roles import (
    AccessError,
    Dataset,
    RolesError,
    RolesSpec,
    UserSpec,
    bind_row_rules,
    check_row_rules,
    ensure_roles,
    ensure_users,
    grant,
    granted,
    probe,
    revoke,
)
from semantic.superset_api import Api, ApiError, connect
from semantic.validate import charts_of, check, columns_of

PARALLEL_PROBES = 4


class DeployError(Exception):
    """Nothing was deployed, or what was deployed is not safe and the grants were taken back."""


@dataclass(frozen=True)
class DashboardReport:
    """One dashboard after its deployment: charts tried, those that failed, and who may open it."""

    charts: int
    failed: int
    errors: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True)
class DeployReport:
    """What stands in Superset now."""

    dashboards: Mapping[str, DashboardReport]
    removed: tuple[str, ...] = ()
    probed_roles: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        return sum(report.failed for report in self.dashboards.values())


@dataclass(frozen=True)
class _Deployment:
    api: Api
    assets: Assets
    roles: RolesSpec
    role_ids: Mapping[str, int]
    dataset_ids: Mapping[str, int] = field(default_factory=dict)

    @property
    def datasets(self) -> list[Dataset]:
        return [
            Dataset(self.dataset_ids[uuid], document["table_name"], frozenset(columns_of(document)))
            for uuid, document in self.assets.by_uuid("datasets").items()
        ]


def deploy(
    *,
    base_url: str,
    username: str,
    password: str,
    serving_url: str,
    assets_dir: Path,
    roles: RolesSpec,
    users: Iterable[UserSpec] = (),
) -> DeployReport:
    """Bring Superset to what the tree says; the same tree twice changes nothing.

    `serving_url` is `duckdb:////<serving>/current/lakehouse.duckdb`. Charts that fail are in the
    report; DeployError means that the tree is faulty, Superset refused, or a limited person could
    see too much, in which case the row-restricted roles are left without any permission.
    """
    assets = _checked(assets_dir)
    try:
        api = connect(base_url, username, password)
        role_ids = ensure_roles(api, roles)
        _import(api, bundle(assets, serving_url=serving_url, kinds=("databases", "datasets")))
        dataset_ids = _ids(api, "dataset")
        work = _Deployment(api, assets, roles, role_ids, dataset_ids)
        bind_row_rules(api, roles, role_ids, work.datasets, keep_others=True)
        check_row_rules(api, roles, work.datasets)
        _import(api, bundle(assets, serving_url=serving_url))
        _grant(work)
        removed = _remove_what_left_the_tree(work)
        ensure_users(api, users, roles)
        _prove(work)
        return DeployReport(
            dashboards=_try_dashboards(work),
            removed=tuple(removed),
            probed_roles=tuple(role.name for role in roles.roles if role.row_column),
        )
    except (ApiError, RolesError, AccessError, requests.RequestException) as error:
        raise DeployError(f"deployment to {base_url} failed: {error}") from error


def _checked(assets_dir: Path) -> Assets:
    try:
        assets = load(assets_dir)
    except AssetsError as error:
        raise DeployError(str(error)) from error
    problems = check(assets)
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise DeployError(f"{assets_dir} cannot be deployed:\n{lines}")
    return assets


def _import(api: Api, archive: bytes) -> None:
    files = {"bundle": ("assets.zip", archive, "application/zip")}
    api.call("POST", "assets/import/", files=files, data={"passwords": "{}"})


def _ids(api: Api, resource: str) -> dict[str, int]:
    return {row["uuid"]: row["id"] for row in api.rows(resource, columns=("id", "uuid"))}


def _grant(work: _Deployment) -> None:
    database = next(iter(work.assets.databases.values()))["database_name"]
    grant(work.api, work.roles, work.role_ids, datasets=work.datasets, database=database)
    bind_row_rules(work.api, work.roles, work.role_ids, work.datasets, keep_others=False)
    present = {row["uuid"]: row for row in work.api.rows("dashboard")}
    for uuid, dashboard in work.assets.by_uuid("dashboards").items():
        wanted = {work.role_ids[name] for name in _audience(work, dashboard)}
        row = present[uuid]
        if {role["id"] for role in row["roles"]} != wanted:
            work.api.call("PUT", f"dashboard/{row['id']}", json={"roles": sorted(wanted)})


def _audience(work: _Deployment, dashboard: Document) -> list[str]:
    """Roles that may read every dataset of a dashboard; the others are not offered half of it."""
    charts = work.assets.by_uuid("charts")
    used = {str(charts[uuid]["dataset_uuid"]) for uuid in charts_of(dashboard)}
    for native in (dashboard.get("metadata") or {}).get("native_filter_configuration") or []:
        used |= {str(target["datasetUuid"]) for target in native.get("targets") or [] if target}
    ids = {work.dataset_ids[uuid] for uuid in used}
    return [
        role.name
        for role in work.roles.roles
        if ids <= {dataset.id for dataset in granted(role, work.roles, work.datasets)}
    ]


def _remove_what_left_the_tree(work: _Deployment) -> list[str]:
    removed = []
    for kind, title in (("dashboard", "dashboard_title"), ("chart", "slice_name")):
        documents = work.assets.by_uuid(f"{kind}s")
        columns = ("id", "uuid", title, "certified_by")
        for row in list(work.api.rows(kind, columns=columns)):
            if row["certified_by"] == CERTIFIED_BY and row["uuid"] not in documents:
                work.api.call("DELETE", f"{kind}/{row['id']}")
                removed.append(f"{kind} {row[title]}")
    return removed


def _prove(work: _Deployment) -> None:
    try:
        check_row_rules(work.api, work.roles, work.datasets)
        probe(work.api, work.roles, work.role_ids, work.datasets)
    except (AccessError, ApiError, requests.RequestException):
        revoke(work.api, work.roles, work.role_ids)
        raise


def _try_dashboards(work: _Deployment) -> dict[str, DashboardReport]:
    chart_ids = _ids(work.api, "chart")
    dashboards = work.assets.by_uuid("dashboards").values()
    uuids = sorted({uuid for dashboard in dashboards for uuid in charts_of(dashboard)})
    with ThreadPoolExecutor(PARALLEL_PROBES) as pool:
        answers = pool.map(lambda uuid: try_chart(work.api, chart_ids[uuid]), uuids)
        errors = dict(zip(uuids, answers, strict=True))
    charts = work.assets.by_uuid("charts")
    return {
        dashboard["slug"]: _report(dashboard, charts, errors, tuple(_audience(work, dashboard)))
        for dashboard in dashboards
    }


def _report(
    dashboard: Document,
    charts: Mapping[str, Document],
    errors: Mapping[str, str | None],
    roles: tuple[str, ...],
) -> DashboardReport:
    placed = sorted(set(charts_of(dashboard)))
    failed = tuple(
        f"{charts[uuid]['slice_name']}: {errors[uuid]}" for uuid in placed if errors[uuid]
    )
    return DashboardReport(charts=len(placed), failed=len(failed), errors=failed, roles=roles)


def try_chart(api: Api, chart_id: int) -> str | None:
    """Run a chart's saved query as a reader would; the error text, or None when it answers."""
    try:
        body = api.call("GET", f"chart/{chart_id}/data/")
    except ApiError as error:
        return str(error)
    errors = [result["error"] for result in body["result"] if result.get("error")]
    return "; ".join(errors) or None
