"""Roles, row rules and people of Superset, as code.

Order matters and is what makes this fail closed: a row rule is bound to a dataset before any role
is granted the dataset, and a role's grants are always written as a whole.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml

from semantic.superset_api import Api, ApiError, connect

# Rules of one group are joined by OR: a person with two row-restricted roles sees both sets.
RULE_GROUP = "revlake_person"
PROBE_DOMAIN = "probe.revlake.invalid"
FORBIDDEN_TO_RESTRICTED = ("SQLLab", "SQL Lab", "SQL Editor", "Database", "Row Level Security")


class RolesError(Exception):
    """The roles file or a person's roles contradict the rules."""


class AccessError(Exception):
    """A limited person can see or do more than the roles allow."""


@dataclass(frozen=True)
class RoleSpec:
    """One role: pairs of (permission, view), and what it sees."""

    name: str
    permissions: frozenset[tuple[str, str]]
    row_column: str | None = None
    sql: bool = False

    @property
    def clause(self) -> str:
        """The row rule; only for a role with a row column."""
        return f"{self.row_column} = '{{{{ current_username() }}}}'"


@dataclass(frozen=True)
class RolesSpec:
    """All roles, and the datasets that everybody may read."""

    roles: tuple[RoleSpec, ...]
    public_datasets: frozenset[str]


@dataclass(frozen=True)
class UserSpec:
    """A person. The user name is the e-mail address: row rules compare it with the data."""

    email: str
    first: str
    last: str
    roles: tuple[str, ...]
    password: str | None = None
    username: str | None = None

    @property
    def login(self) -> str:
        return (self.username or self.email).strip().lower()


@dataclass(frozen=True)
class Dataset:
    """A deployed dataset, with the columns of its document."""

    id: int
    name: str
    columns: frozenset[str]


def load(file: Path) -> RolesSpec:
    """Read roles.yml. RolesError names what contradicts what."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    sets = {
        name: frozenset((permission, view) for view, names in views.items() for permission in names)
        for name, views in document["permissions"].items()
    }
    roles = tuple(_role(name, entry, sets) for name, entry in document["roles"].items())
    return RolesSpec(roles, frozenset(document.get("public_datasets") or []))


def _role(
    name: str, entry: Mapping[str, Any], sets: Mapping[str, frozenset[tuple[str, str]]]
) -> RoleSpec:
    unknown = set(entry["permissions"]) - set(sets)
    if unknown:
        allowed = ", ".join(sorted(sets))
        raise RolesError(f"role {name}: unknown permissions {sorted(unknown)}; allowed: {allowed}")
    permissions = frozenset().union(*(sets[each] for each in entry["permissions"]))
    role = RoleSpec(name, permissions, entry.get("row_column"), bool(entry.get("sql", False)))
    if role.row_column:
        views = {view for _, view in permissions if view in FORBIDDEN_TO_RESTRICTED}
        if role.sql or views:
            raise RolesError(
                f"role {name}: row rules do not hold in SQL, so a role with row_column may have "
                f"neither sql nor {', '.join(FORBIDDEN_TO_RESTRICTED)}"
            )
    return role


def granted(role: RoleSpec, spec: RolesSpec, datasets: Iterable[Dataset]) -> list[Dataset]:
    """The datasets that a role may read: all, or those that carry its row column or are public."""
    return [
        dataset
        for dataset in datasets
        if role.row_column is None
        or role.row_column in dataset.columns
        or dataset.name in spec.public_datasets
    ]


def ensure_roles(api: Api, spec: RolesSpec) -> dict[str, int]:
    """Role ids by name; a new role starts with no permission at all."""
    ids = {row["name"]: row["id"] for row in api.rows("security/roles")}
    for role in spec.roles:
        if role.name not in ids:
            created = api.call("POST", "security/roles/", json={"name": role.name})
            ids[role.name] = created["id"]
    return {role.name: ids[role.name] for role in spec.roles}


def bind_row_rules(
    api: Api,
    spec: RolesSpec,
    role_ids: Mapping[str, int],
    datasets: Sequence[Dataset],
    *,
    keep_others: bool,
) -> None:
    """One rule a restricted role, on every dataset that has its column.

    `keep_others` leaves the rule on datasets bound before: a dataset may lose its rule only after
    it is no longer granted.
    """
    existing = {row["name"]: row["id"] for row in api.rows("rowlevelsecurity")}
    for role in spec.roles:
        tables = {dataset.id for dataset in datasets if role.row_column in dataset.columns}
        if role.row_column is None or not tables:
            continue
        name = rule_name(role)
        if name in existing and keep_others:
            found = api.call("GET", f"rowlevelsecurity/{existing[name]}")["result"]
            tables |= {table["id"] for table in found["tables"]}
        rule = {
            "name": name,
            "description": f"A {role.name} sees the rows with their own {role.row_column}",
            "filter_type": "Regular",
            "group_key": RULE_GROUP,
            "clause": role.clause,
            "roles": [role_ids[role.name]],
            "tables": sorted(tables),
        }
        if name in existing:
            api.call("PUT", f"rowlevelsecurity/{existing[name]}", json=rule)
        else:
            api.call("POST", "rowlevelsecurity/", json=rule)


def rule_name(role: RoleSpec) -> str:
    """The name under which a role's row rule is kept."""
    return f"revlake_{role.name}_rows"


def check_row_rules(api: Api, spec: RolesSpec, datasets: Sequence[Dataset]) -> None:
    """AccessError unless every rule is on the server as it should be, asked anew."""
    rules = {row["name"]: row["id"] for row in api.rows("rowlevelsecurity")}
    for role in spec.roles:
        wanted = {dataset.id for dataset in datasets if role.row_column in dataset.columns}
        if role.row_column is None or not wanted:
            continue
        name = rule_name(role)
        if name not in rules:
            raise AccessError(f"row rule {name} is missing")
        found = api.call("GET", f"rowlevelsecurity/{rules[name]}")["result"]
        bound = {table["id"] for table in found["tables"]}
        names = [role["name"] for role in found["roles"]]
        if wanted - bound or found["clause"] != role.clause or names != [role.name]:
            raise AccessError(f"row rule {name} does not cover what it should: {found}")


def grant(
    api: Api,
    spec: RolesSpec,
    role_ids: Mapping[str, int],
    *,
    datasets: Sequence[Dataset],
    database: str,
) -> None:
    """Write each role's permissions as a whole, so that nothing given by hand survives."""
    known = _permission_ids(api)
    for role in spec.roles:
        missing = sorted(role.permissions - set(known))
        if missing:
            raise RolesError(f"role {role.name}: Superset has no permission {missing}")
        wanted = {known[pair] for pair in role.permissions}
        wanted |= _dataset_permissions(known, granted(role, spec, datasets))
        if role.sql:
            wanted |= {
                number
                for (permission, view), number in known.items()
                if permission == "database_access" and view.startswith(f"[{database}].")
            }
        _write_permissions(api, role_ids[role.name], wanted)


def revoke(api: Api, spec: RolesSpec, role_ids: Mapping[str, int]) -> None:
    """Take every permission from the row-restricted roles: what a failed deployment leaves."""
    for role in spec.roles:
        if role.row_column:
            _write_permissions(api, role_ids[role.name], set())


def _permission_ids(api: Api) -> dict[tuple[str, str], int]:
    return {
        (row["permission"]["name"], row["view_menu"]["name"]): row["id"]
        for row in api.rows("security/permissions-resources")
    }


def _dataset_permissions(
    known: Mapping[tuple[str, str], int], datasets: Iterable[Dataset]
) -> set[int]:
    by_id = {}
    for (permission, view), number in known.items():
        found = re.search(r"\(id:(\d+)\)$", view)
        if permission == "datasource_access" and found:
            by_id[int(found[1])] = number
    return {by_id[dataset.id] for dataset in datasets}


def _write_permissions(api: Api, role_id: int, wanted: set[int]) -> None:
    have = api.call("GET", f"security/roles/{role_id}/permissions/")["result"]
    if {row["id"] for row in have} != wanted:
        body = {"permission_view_menu_ids": sorted(wanted)}
        api.call("POST", f"security/roles/{role_id}/permissions", json=body)


def ensure_users(api: Api, users: Iterable[UserSpec], spec: RolesSpec) -> None:
    """Create people or bring them up to date. A password of None keeps the present one."""
    role_ids = ensure_roles(api, spec)
    restricted = {role.name for role in spec.roles if role.row_column}
    existing = {row["username"]: row for row in api.rows("security/users")}
    for user in users:
        _check_roles(user, set(role_ids), restricted)
        facts = {
            "first_name": user.first,
            "last_name": user.last,
            "email": user.email.strip().lower(),
            "active": True,
            "roles": sorted(role_ids[name] for name in user.roles),
        }
        present = existing.get(user.login)
        if present is None:
            password = user.password or secrets.token_urlsafe(24)
            body = {**facts, "username": user.login, "password": password}
            api.call("POST", "security/users/", json=body)
        else:
            if user.password is not None:
                facts["password"] = user.password
            api.call("PUT", f"security/users/{present['id']}", json=facts)


def _check_roles(user: UserSpec, known: set[str], restricted: set[str]) -> None:
    mine = set(user.roles)
    if not mine or mine - known:
        raise RolesError(f"{user.login}: roles {user.roles}; allowed: {', '.join(sorted(known))}")
    if mine & restricted and mine - restricted:
        raise RolesError(
            f"{user.login}: {sorted(mine & restricted)} restricts rows and cannot be combined with "
            f"{sorted(mine - restricted)}"
        )


def probe(
    api: Api, spec: RolesSpec, role_ids: Mapping[str, int], datasets: Sequence[Dataset]
) -> None:
    """Sign in as somebody of each restricted role who owns no row, and look.

    AccessError when that person sees a row, reads a dataset that is not granted, or reaches SQL.
    """
    for role in spec.roles:
        if role.row_column is None:
            continue
        login, password = f"{role.name}@{PROBE_DOMAIN}", secrets.token_urlsafe(24)
        person = UserSpec(login, "Deployment", "Probe", (role.name,), password)
        ensure_users(api, [person], spec)
        try:
            _look(connect(api.base_url, login, password), role, spec, datasets)
        finally:
            _deactivate(api, login)


def _look(person: Api, role: RoleSpec, spec: RolesSpec, datasets: Sequence[Dataset]) -> None:
    mine = {dataset.id for dataset in granted(role, spec, datasets)}
    for dataset in datasets:
        answer = person.send("POST", "chart/data", json=count_query(dataset.id))
        if dataset.id not in mine:
            if answer.ok:
                raise AccessError(f"{role.name} can read dataset {dataset.name}, not granted")
            continue
        if not answer.ok:
            raise ApiError(
                f"probe of {dataset.name} as {role.name}", answer.status_code, answer.text
            )
        if role.row_column in dataset.columns and _count(answer) != 0:
            raise AccessError(
                f"{role.name} who owns nothing sees {_count(answer)} rows of {dataset.name}"
            )
    lab = person.send("POST", "sqllab/execute/", json={"database_id": 1, "sql": "select 1"})
    if lab.status_code not in (requests.codes.forbidden, requests.codes.unauthorized):
        raise AccessError(f"{role.name} reaches SQL Lab: HTTP {lab.status_code}")


def count_query(dataset_id: int) -> dict[str, Any]:
    """Chart data request for the number of visible rows, never from a cache."""
    count = {"expressionType": "SQL", "sqlExpression": "count(*)", "label": "rows"}
    return {
        "datasource": {"id": dataset_id, "type": "table"},
        "force": True,
        "queries": [{"metrics": [count], "columns": [], "row_limit": 1}],
        "result_format": "json",
        "result_type": "full",
    }


def _count(answer: requests.Response) -> int:
    return int(answer.json()["result"][0]["data"][0]["rows"])


def _deactivate(api: Api, login: str) -> None:
    for row in api.rows("security/users"):
        if row["username"] == login:
            api.call("PUT", f"security/users/{row['id']}", json={"active": False})
