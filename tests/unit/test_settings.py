"""Settings: where they come from, and what a wrong one says."""

import stat
from pathlib import Path

import pytest

from orchestration import settings as module
from orchestration.secrets import SecretsError, load, load_or_create
from orchestration.settings import SettingsError, connection, known_entities, load_settings
from orchestration.toml_lines import line_of


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no file of the developer's own."""
    for name in list(module.os.environ):
        if name.startswith(("REVLAKE_", "SOURCES__")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(module, "load_dotenv", lambda *_, **__: False)
    monkeypatch.setenv("REVLAKE_DATA", str(tmp_path / "data"))


def write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> Path:
    file = tmp_path / "revlake.toml"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("REVLAKE_CONFIG", str(file))
    return file


def test_the_projects_own_file_is_read_without_any_secret() -> None:
    settings = load_settings()
    assert settings.sources.on == ("salesforce", "hubspot", "dynamics", "pipedrive", "google_ads")
    assert settings.company.fiscal_year_start_month == 2
    assert settings.ports.model_dump() == {
        "bind": "127.0.0.1",
        "sandbox": 8801,
        "superset": 8088,
        "dagster": 3000,
        "code_server": 4266,
    }


def test_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(monkeypatch, tmp_path, '[company]\ncurrency = "EUR"\nname = "A"\n')
    monkeypatch.setenv("REVLAKE_COMPANY__CURRENCY", "CHF")
    monkeypatch.setenv("REVLAKE_SOURCES__ON", "hubspot, google_ads")
    settings = load_settings()
    assert (settings.company.currency, settings.company.name) == ("CHF", "A")
    assert settings.sources.on == ("hubspot", "google_ads")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[company]\nname = "A"\ncurrency = "euro"\n', ["line 3", "company.currency"]),
        (
            '[[sql_database.tables]]\ntable = "a"\nkeys = "id"\n',
            ["line 1", "key: field required", "allowed: table, key, cursor"],
        ),
        ("[company]\nfiscal_year_start_month = 13\n", ["line 2", "less than or equal to 12"]),
        ('[company]\ntime_zone = "Mars/Olympus"\n', ["line 2", "America/New_York"]),
        ('[sources]\non = ["salesforce", "sap"]\n', ["line 2", "unknown source sap", "hubspot"]),
        ('[sources]\nvendor_mode = "test"\n', ["line 2", "'sandbox' or 'live'"]),
        ("[ports]\n\nsuperset = 80\n", ["line 3", "ports.superset", "1024"]),
        ("[ports]\nsuperst = 8088\n", ["line 2", "unknown setting", "superset"]),
        ('[schedules]\nhourly = "every hour"\n', ["line 2", "cron line of five fields"]),
        ("[retention]\nreleases = 1\n", ["line 2", "greater than or equal to 2"]),
        ("[company\n", ["line 1"]),
    ],
)
def test_a_wrong_setting_names_file_line_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, said: list[str]
) -> None:
    file = write(monkeypatch, tmp_path, text)
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert str(file) in str(error.value)
    for part in said:
        assert part in str(error.value)


def test_a_wrong_variable_is_named_instead_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVLAKE_PORTS__SUPERSET", "http")
    with pytest.raises(SettingsError, match="environment variable REVLAKE_PORTS__SUPERSET"):
        load_settings()


def test_a_port_base_moves_all_ports_and_is_remembered(tmp_path: Path) -> None:
    settings = load_settings(port_base=21000)
    assert settings.ports.model_dump() == {
        "bind": "127.0.0.1",
        "sandbox": 21000,
        "superset": 21001,
        "dagster": 21002,
        "code_server": 21003,
    }
    assert settings.url("dagster") == "http://127.0.0.1:21002"
    settings.paths.create()
    settings.paths.port_base.write_text("21000", encoding="utf-8")
    assert load_settings().ports.dagster == 21002


def test_live_credentials_come_from_the_environment_and_are_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REVLAKE_SOURCES__VENDOR_MODE", "live")
    monkeypatch.setenv("SOURCES__HUBSPOT__BASE_URL", "https://api.hubapi.com")
    monkeypatch.setenv("SOURCES__HUBSPOT__ACCESS_TOKEN", "very-secret")
    found = connection(load_settings(), "hubspot")
    assert "very-secret" not in repr(found)
    assert found.access_token.get_secret_value() == "very-secret"  # type: ignore[attr-defined]


def test_missing_credentials_are_named_by_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVLAKE_SOURCES__VENDOR_MODE", "live")
    with pytest.raises(SettingsError, match="SOURCES__SALESFORCE__CLIENT_SECRET"):
        connection(load_settings(), "salesforce")


@pytest.mark.parametrize("source", ["salesforce", "hubspot", "pipedrive", "google_ads"])
def test_the_sandbox_needs_no_credentials_of_ones_own(source: str) -> None:
    found = connection(load_settings(), source)
    assert str(found.base_url) == f"http://127.0.0.1:8801/{source}"  # type: ignore[attr-defined]


DATABASE = """
[sources]
on = ["sql_database"]

[[sql_database.tables]]
table = "sales.Orders"
key = "id"
cursor = "updated_at"
"""


def test_a_database_is_its_url_and_the_tables_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(monkeypatch, tmp_path, DATABASE)
    settings = load_settings()
    assert [each.name for each in known_entities(settings, "sql_database")] == ["orders"]
    with pytest.raises(SettingsError, match="SOURCES__SQL_DATABASE__URL: Field required"):
        connection(settings, "sql_database")
    monkeypatch.setenv("SOURCES__SQL_DATABASE__URL", "sqlite:///shop.db?secret=swordfish")
    found = connection(settings, "sql_database")
    assert "swordfish" not in repr(found)
    assert found.tables[0].key == ("id",)  # type: ignore[attr-defined]


def test_a_database_without_tables_says_where_they_belong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = write(monkeypatch, tmp_path, '[sources]\non = ["sql_database"]\n')
    with pytest.raises(SettingsError, match="names no table; add") as caught:
        known_entities(load_settings(), "sql_database")
    assert str(file) in str(caught.value)


def test_files_join_once_something_was_imported() -> None:
    settings = load_settings()
    assert "files" not in settings.sources_on()
    (settings.paths.lake / "raw" / "files").mkdir(parents=True)
    assert settings.sources_on()[-1] == "files"


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secrets.toml"
    first = load_or_create(file, roles=("rep",))
    assert load_or_create(file, roles=("rep",)) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert len(first.superset_secret_key) > 40
    assert first.superset_admin_password not in repr(first)
    assert [path.name for path in file.parent.iterdir()] == ["secrets.toml"]
    file.chmod(0o644)
    with pytest.raises(SecretsError, match="chmod 600"):
        load(file)


def test_two_directories_have_secrets_of_their_own(tmp_path: Path) -> None:
    one = load_or_create(tmp_path / "a" / "secrets.toml", roles=("rep",))
    other = load_or_create(tmp_path / "b" / "secrets.toml", roles=("rep",))
    assert one.superset_secret_key != other.superset_secret_key
    assert one.login_passwords != other.login_passwords


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 1),
        (("b", "c"), 3),
        (("b", "d", "e"), 4),
        (("f", "g", "h"), 6),
        (("b", "missing"), 2),
        (("nowhere",), None),
    ],
)
def test_the_line_of_a_key_or_of_its_table(path: tuple[str, ...], line: int | None) -> None:
    text = 'a = 1\n[b]\nc = "x = y"\nd.e = 2\n[f.g]\n"h" = 3\n'
    assert line_of(text, path) == line
