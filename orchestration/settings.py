"""The one reader of the environment and of revlake.toml; everything else is handed values.

An environment variable `REVLAKE_<SECTION>__<KEY>` wins over revlake.toml, which wins over the
defaults here. Vendors' credentials come from `SOURCES__<SOURCE>__<FIELD>` alone and are read late,
so that the code location loads without them.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import available_timezones

from dotenv import load_dotenv
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from orchestration.errors import RevlakeError
from orchestration.paths import PROJECT, DataPaths
from orchestration.toml_lines import line_of

if TYPE_CHECKING:
    from ingestion.entity import Entity

ENVIRONMENT_PREFIX = "REVLAKE_"
CREDENTIALS_PREFIX = "SOURCES__{}__"
LOOPBACK = "127.0.0.1"
# The one source that no sandbox stands in for: a database is reached as it is, in either mode.
SQL_DATABASE = "sql_database"
SERVICES = ("sandbox", "superset", "dagster", "code_server")


class SettingsError(RevlakeError):
    """A setting is wrong or missing; the message names where it stands and what is allowed."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Section):
    name: str = "Larkfield Systems"
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    fiscal_year_start_month: int = Field(default=2, ge=1, le=12)
    time_zone: str = "America/New_York"

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(
                "allowed: an IANA time zone such as America/New_York, Europe/Berlin, UTC"
            )
        return value


def _check_names(sources: Iterable[str]) -> None:
    from ingestion.catalog import source_names

    allowed = source_names()
    unknown = sorted(set(sources) - set(allowed))
    if unknown:
        raise ValueError(f"unknown source {', '.join(unknown)}; allowed: {', '.join(allowed)}")


class Sources(Section):
    on: Annotated[tuple[str, ...], NoDecode] = (
        "salesforce",
        "hubspot",
        "dynamics",
        "pipedrive",
        "google_ads",
    )
    vendor_mode: Literal["sandbox", "live"] = "sandbox"
    daily_calls: dict[str, Annotated[int, Field(ge=1)]] = {}

    @field_validator("daily_calls")
    @classmethod
    def _known_budgets(cls, value: dict[str, int]) -> dict[str, int]:
        _check_names(value)
        return value

    @field_validator("on", mode="before")
    @classmethod
    def _comma_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("on")
    @classmethod
    def _known_sources(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _check_names(value)
        return tuple(dict.fromkeys(value))


class SqlDatabase(Section):
    """Which tables of the company's own database are landed; its URL is in the environment."""

    tables: tuple[dict[str, Any], ...] = ()
    time_zone: str = "UTC"

    @field_validator("tables")
    @classmethod
    def _known_words(cls, value: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        if value:
            from ingestion.sources.sql_database.settings import TableRule

            try:
                for rule in value:
                    TableRule(**rule)
            except ValidationError as error:
                allowed = ", ".join(TableRule.model_fields)
                told = (
                    f"{'.'.join(map(str, item['loc']))}: {item['msg'].lower()}"
                    for item in error.errors(include_input=False, include_url=False)
                )
                raise ValueError(f"{'; '.join(told)}; allowed: {allowed}") from None
        return value


class Schedules(Section):
    hourly: str = "0 * * * *"
    nightly: str = "0 3 * * *"

    @field_validator("hourly", "nightly")
    @classmethod
    def _cron(cls, value: str) -> str:
        from croniter import croniter

        if not croniter.is_valid(value) or len(value.split()) != 5:
            raise ValueError('allowed: a cron line of five fields such as "0 * * * *"')
        return value


Port = Annotated[int, Field(ge=1024, le=65535)]


class Ports(Section):
    bind: str = LOOPBACK
    sandbox: Port = 8801
    superset: Port = 8088
    dagster: Port = 3000
    code_server: Port = 4266


class Retention(Section):
    releases: int = Field(default=3, ge=2)
    delta_hours: int = Field(default=168, ge=1)


class Simulation(Section):
    seed: int = Field(default=7, ge=0)
    scale: float = Field(default=1.0, gt=0, le=50)
    now: AwareDatetime | None = None
    frozen: bool = False


class Settings(BaseSettings):
    """What one Revlake is told, from revlake.toml and the environment."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        validate_default=False,
    )

    data: Path = Path("data")
    port_base: int | None = Field(default=None, ge=1024, le=65500)
    webhook_url: str | None = Field(default=None, pattern="^https?://", repr=False)
    superset_venv: Path = PROJECT / ".venv-superset"
    company: Company = Company()
    sources: Sources = Sources()
    sql_database: SqlDatabase = SqlDatabase()
    schedules: Schedules = Schedules()
    ports: Ports = Ports()
    retention: Retention = Retention()
    simulation: Simulation = Simulation()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, toml_file=config_file()),
        )

    @property
    def paths(self) -> DataPaths:
        return DataPaths(self.data)

    @property
    def sandbox_url(self) -> str:
        return self.url("sandbox")

    def url(self, service: str) -> str:
        """Where a service answers on this machine, whatever it is bound to."""
        host = LOOPBACK if self.ports.bind == "0.0.0.0" else self.ports.bind
        return f"http://{host}:{getattr(self.ports, service)}"

    def sources_on(self) -> tuple[str, ...]:
        """The sources of a refresh; `files` joins as soon as something was imported."""
        imported = (self.paths.lake / "raw" / "files").is_dir()
        if imported and "files" not in self.sources.on:
            return (*self.sources.on, "files")
        return self.sources.on


def config_file() -> Path:
    """The company's revlake.toml: REVLAKE_CONFIG, else the project's own."""
    return Path(os.environ.get("REVLAKE_CONFIG", PROJECT / "revlake.toml"))


def load_settings(*, data: Path | None = None, port_base: int | None = None) -> Settings:
    """Read `.env`, the environment and revlake.toml; arguments win over all of them.

    Raises SettingsError naming the file and line, or the variable, and what is allowed.
    """
    load_dotenv(PROJECT / ".env", override=False)
    given: dict[str, Any] = {}
    if data is not None:
        given["data"] = data
    if port_base is not None:
        given["port_base"] = port_base
    # pydantic-settings takes the config path from the environment at this very call.
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    except ValueError as error:
        raise SettingsError(f"{config_file()}: {error}") from None
    root = settings.data if settings.data.is_absolute() else PROJECT / settings.data
    settings = settings.model_copy(update={"data": root})
    base = settings.port_base or _remembered_port_base(settings.paths)
    if base is None:
        return settings
    ports = settings.ports.model_copy(
        update={service: base + offset for offset, service in enumerate(SERVICES)}
    )
    return settings.model_copy(update={"port_base": base, "ports": ports})


def child_environment(settings: Settings) -> dict[str, str]:
    """What a process started for these settings needs, so that it reads the very same ones."""
    environment = {
        "REVLAKE_DATA": str(settings.data),
        "REVLAKE_DAGSTER_DIR": str(settings.paths.dagster),
        "DAGSTER_HOME": str(settings.paths.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "MPLCONFIGDIR": str(settings.paths.run / "matplotlib"),
        "DO_NOT_TRACK": "1",
    }
    if settings.port_base is not None:
        environment["REVLAKE_PORT_BASE"] = str(settings.port_base)
    return environment


def connection(settings: Settings, source: str) -> BaseModel:
    """How to reach one source: the sandbox with its demo credentials, or the vendor by environment.

    Raises SettingsError naming the variables that are missing, never a value.
    """
    from ingestion.catalog import connection_model

    model = connection_model(source)
    if settings.sources.vendor_mode == "sandbox" and source != SQL_DATABASE:
        return model(**sandbox_credentials(settings, source))
    prefix = CREDENTIALS_PREFIX.format(source.upper())
    found: dict[str, Any] = {
        name: os.environ[prefix + name.upper()]
        for name in model.model_fields
        if os.environ.get(prefix + name.upper())
    }
    if source == SQL_DATABASE:
        found |= settings.sql_database.model_dump()
    try:
        return model(**found)
    except ValidationError as error:
        problems = [
            f"{prefix}{'__'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        ]
        raise SettingsError(
            f"source {source} cannot be reached: {'; '.join(problems)}. "
            "Set them in the environment or in .env; .env.example lists them."
        ) from None


def known_entities(settings: Settings, source: str) -> "tuple[Entity, ...]":
    """The entities of a source: those of the catalog, or the tables that the settings name."""
    from ingestion.catalog import entities

    if source != SQL_DATABASE:
        return entities(source)
    from ingestion.sources.sql_database.settings import TableRule, entities_of

    if not settings.sql_database.tables:
        raise SettingsError(
            f"{config_file()}: the source sql_database is on and names no table; "
            "add [[sql_database.tables]] with table, key and cursor: docs/sources/sql_database.md"
        )
    return entities_of(tuple(TableRule(**rule) for rule in settings.sql_database.tables))


def sandbox_credentials(settings: Settings, source: str) -> dict[str, str]:
    """The sandbox's fixed demo credentials for one source; they open nothing but the sandbox."""
    from ingestion.sandbox.credentials import connections

    return connections(settings.sandbox_url).get(source, {})


def _remembered_port_base(paths: DataPaths) -> int | None:
    if not paths.port_base.is_file():
        return None
    return int(paths.port_base.read_text(encoding="utf-8"))


def _explain(error: ValidationError) -> str:
    file = config_file()
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return "\n".join(
        _explain_one(item["loc"], item["msg"], item["type"], file=file, text=text)
        for item in error.errors(include_input=False, include_url=False)
    )


def _explain_one(
    path: tuple[int | str, ...], message: str, kind: str, *, file: Path, text: str
) -> str:
    key = ".".join(str(part) for part in path)
    variable = ENVIRONMENT_PREFIX + "__".join(str(part) for part in path).upper()
    if kind == "extra_forbidden":
        message = f"unknown setting; allowed: {', '.join(_siblings(path))}"
    message = message.removeprefix("Value error, ")
    if variable in os.environ:
        return f"environment variable {variable}: {message}"
    line = line_of(text, path)
    where = f"{file}, line {line}" if line else str(file)
    return f"{where}: {key}: {message}"


def _siblings(path: tuple[int | str, ...]) -> list[str]:
    fields: dict[str, Any] = dict(Settings.model_fields)
    for part in path[:-1]:
        fields = dict(fields[str(part)].annotation.model_fields)
    return sorted(fields)
