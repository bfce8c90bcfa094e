"""Roles as code: what the file says, who may read what, and what may not be combined."""

from pathlib import Path

import pytest
import yaml
from sqlalchemy.engine import make_url

from semantic import roles
from semantic.superset.server.revlake_serving import (
    ServedFileOnlyError,
    lock_duckdb,
    release_stamp,
)

FILE = Path(__file__).parents[2] / "semantic" / "superset" / "roles.yml"
DEALS = roles.Dataset(1, "deals", frozenset({"amount", "rep_username", "manager_username"}))
TEAMS = roles.Dataset(2, "teams", frozenset({"target", "manager_username"}))
DATES = roles.Dataset(3, "dates", frozenset({"date_day"}))


@pytest.fixture
def spec() -> roles.RolesSpec:
    return roles.load(FILE)


def role(spec: roles.RolesSpec, name: str) -> roles.RoleSpec:
    return next(each for each in spec.roles if each.name == name)


@pytest.mark.parametrize(
    ("name", "public", "seen"),
    [
        ("rep", [], ["deals"]),
        ("rep", ["dates"], ["deals", "dates"]),
        ("manager", [], ["deals", "teams"]),
        ("executive", [], ["deals", "teams", "dates"]),
        ("analyst", [], ["deals", "teams", "dates"]),
    ],
)
def test_a_dataset_without_the_row_column_is_granted_only_when_it_is_listed(
    spec: roles.RolesSpec, name: str, public: list[str], seen: list[str]
) -> None:
    spec = roles.RolesSpec(spec.roles, frozenset(public))
    found = roles.granted(role(spec, name), spec, [DEALS, TEAMS, DATES])
    assert [dataset.name for dataset in found] == seen


def test_row_rules_compare_with_the_signed_in_person(spec: roles.RolesSpec) -> None:
    assert role(spec, "rep").clause == "rep_username = '{{ current_username() }}'"
    assert role(spec, "manager").clause == "manager_username = '{{ current_username() }}'"
    assert [each.name for each in spec.roles if each.row_column] == ["manager", "rep"]


def test_nobody_but_the_analyst_has_sql_or_writes(spec: roles.RolesSpec) -> None:
    for each in spec.roles:
        views = {view for _, view in each.permissions}
        writes = {view for permission, view in each.permissions if permission == "can_write"}
        if each.name == "analyst":
            assert {"SQLLab", "SQL Lab"} <= views
        else:
            assert not each.sql
            assert not views & set(roles.FORBIDDEN_TO_RESTRICTED)
            assert writes == {"DashboardFilterStateRestApi", "DashboardPermalinkRestApi"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"permissions": ["viewer", "explorer"]}, "row rules do not hold in SQL"),
        ({"sql": True}, "row rules do not hold in SQL"),
        ({"permissions": ["everything"]}, "allowed: explorer, viewer"),
    ],
)
def test_a_row_restricted_role_with_sql_is_refused(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    document["roles"]["rep"].update(change)
    file = tmp_path / "roles.yml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(roles.RolesError, match=said):
        roles.load(file)


def test_a_login_is_the_lower_case_address() -> None:
    assert roles.UserSpec("Ada@Example.com ", "Ada", "L", ("rep",)).login == "ada@example.com"


def test_duckdb_opens_only_the_served_release_read_only_and_resolved(tmp_path: Path) -> None:
    release = tmp_path / "releases" / "one"
    release.mkdir(parents=True)
    (tmp_path / "current").symlink_to(Path("releases") / "one")
    mutate = lock_duckdb(tmp_path, threads=2, memory_limit="1GiB")
    weakened = make_url(f"duckdb:///{tmp_path}/current/lakehouse.duckdb?access_mode=READ_WRITE")
    params = {"connect_args": {"config": {"enable_external_access": "true"}}, "echo": False}
    uri, opened = mutate(weakened, params, "admin", None, None)
    assert uri.database == str(release.resolve() / "lakehouse.duckdb")
    assert dict(uri.query) == {}
    config = opened["connect_args"]["config"]
    assert (config["access_mode"], config["enable_external_access"]) == ("READ_ONLY", "false")
    assert (config["lock_configuration"], opened["echo"]) == ("true", False)


@pytest.mark.parametrize("database", [":memory:", "/etc/x.duckdb", "md:shared", "lakehouse.duckdb"])
def test_any_other_duckdb_file_is_refused(tmp_path: Path, database: str) -> None:
    mutate = lock_duckdb(tmp_path, threads=2, memory_limit="1GiB")
    with pytest.raises(ServedFileOnlyError):
        mutate(make_url(f"duckdb:///{database}"), {}, None, None, None)


def test_a_rollback_is_a_new_publish_for_the_cache(tmp_path: Path) -> None:
    stamps = [release_stamp(tmp_path)]
    for release in ("one", "two", "one"):
        link = tmp_path / "next"
        link.symlink_to(Path("releases") / release)
        link.replace(tmp_path / "current")
        stamps.append(release_stamp(tmp_path))
    assert stamps[0] == "unpublished"
    assert len(set(stamps)) == len(stamps)
