"""A database: where it is and which of its tables are landed, each as an entity of its own.

Unlike a vendor's entities these are the company's to name, so ENTITIES is empty and `entities_of`
says what a connection lands, as far as that is known without asking the database.
"""

from datetime import timedelta
from typing import Annotated
from zoneinfo import available_timezones

from dlt.common.normalizers.naming.snake_case import NamingConvention
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from ingestion.entity import Entity, columns
from ingestion.feed import Revisit

CHUNK_ROWS = 20_000
EXAMPLE_URL = "postgresql+psycopg2://USER:PASSWORD@HOST/DATABASE"
# Changes that leave the cursor alone, and rows that came back with an old one.
EVERYTHING_AGAIN = Revisit(every=timedelta(days=7))

ENTITIES: tuple[Entity, ...] = ()

Words = Annotated[
    tuple[str, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)
]


def snake_case(name: str) -> str:
    """A name as the lake has it: dlt's rule, which would rename tables and columns otherwise."""
    normal: str = NamingConvention().normalize_identifier(name)
    return normal


class TableRule(BaseModel):
    """One table or view. `cursor` is a time or date that moves with every change; without one the
    whole table is read each time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str = Field(min_length=1)
    key: Words = Field(min_length=1)
    cursor: str | None = None
    name: str = Field(default="", validate_default=True)
    exclude: Words = ()
    # Longer than a transaction may take, and than the hour that comes twice when clocks change.
    overlap_minutes: int = Field(default=120, ge=0)

    @field_validator("name")
    @classmethod
    def _named(cls, value: str, info: ValidationInfo) -> str:
        return snake_case(value or str(info.data.get("table", "")).rpartition(".")[2])

    @property
    def schema_and_table(self) -> tuple[str | None, str]:
        schema, _, table = self.table.rpartition(".")
        return schema or None, table

    @property
    def overlap(self) -> timedelta:
        return timedelta(minutes=self.overlap_minutes)


class Connection(BaseModel):
    """A URL of SQLAlchemy, secret as a whole; the tables; the zone of times that name none."""

    model_config = ConfigDict(extra="forbid")

    url: SecretStr
    tables: tuple[TableRule, ...] = Field(min_length=1)
    time_zone: str = "UTC"

    @field_validator("url")
    @classmethod
    def _is_url(cls, value: SecretStr) -> SecretStr:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            make_url(value.get_secret_value())
        except (ArgumentError, ValueError):
            # Without the cause: SQLAlchemy's message repeats the URL.
            raise ValueError(f"not a URL such as {EXAMPLE_URL}") from None
        return value

    @field_validator("tables")
    @classmethod
    def _differ(cls, value: tuple[TableRule, ...]) -> tuple[TableRule, ...]:
        names = [rule.name for rule in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two tables are called {', '.join(twice)}; give one a `name`")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("allowed: an IANA time zone such as UTC or Europe/Berlin")
        return value


def entities_of(tables: tuple[TableRule, ...]) -> tuple[Entity, ...]:
    """The tables with their keys; columns and types are the database's to tell."""
    return tuple(
        Entity(
            rule.name,
            tuple(map(snake_case, rule.key)),
            columns(text=" ".join(map(snake_case, rule.key))),
            f"Table {rule.table}.",
        )
        for rule in tables
    )
