"""The tables that the settings name, as the database describes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import Engine, MetaData, Table, inspect, types

from ingestion.entity import META_COLUMNS, Entity, Row
from ingestion.http import VendorError
from ingestion.sources.sql_database.settings import TableRule
from ingestion.sources.sql_database.types import Landed, landed

# The version of rows whose cursor is empty: older than any other.
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Source:
    """A table with its rule and its columns in the lake."""

    rule: TableRule
    table: Table
    columns: tuple[Landed, ...]
    zone: ZoneInfo

    @property
    def entity(self) -> Entity:
        names = {column.source: column.target for column in self.columns}
        return Entity(
            self.rule.name,
            tuple(names[key] for key in self.rule.key),
            pa.schema([(column.target, column.type) for column in self.columns]),
            f"Table {self.rule.table}.",
            cursor=names[self.rule.cursor] if self.rule.cursor else None,
            memory="overlap" if self.rule.cursor else "latest",
        )

    def row(self, record: Row) -> Row:
        """A record under the lake's names, in values that the lake's types can take."""
        return {
            column.target: column.written(record[column.source])
            for column in self.columns
            if column.source in record
        }

    def version_at(self, record: Row) -> Any:
        """The cursor as an instant; what names no zone is in the setting's."""
        assert self.rule.cursor is not None
        value = record[self.rule.cursor]
        if value is None:
            return NO_TIME
        if not isinstance(value, datetime):
            value = datetime.combine(value, time())
        return value if value.tzinfo else value.replace(tzinfo=self.zone)

    def in_cursor_type(self, since: datetime) -> Any:
        """An instant as the cursor's column would say it."""
        assert self.rule.cursor is not None
        kind = self.table.c[self.rule.cursor].type
        if isinstance(kind, types.DateTime):
            return since if kind.timezone else since.astimezone(self.zone).replace(tzinfo=None)
        return since.astimezone(self.zone).date()


def described(engine: Engine, rules: tuple[TableRule, ...], zone: ZoneInfo) -> Iterator[Source]:
    """Asks the database for each table; VendorError names the setting that does not fit."""
    asked = inspect(engine)
    for position, rule in enumerate(rules):
        place = f"tables[{position}]"
        schema, name = rule.schema_and_table
        if schema is not None:
            _check(f"{place}.table", "schema", [schema], asked.get_schema_names())
        there = [*asked.get_table_names(schema), *asked.get_view_names(schema)]
        _check(f"{place}.table", "table", [name], there)
        table = Table(name, MetaData(), schema=schema, autoload_with=engine, resolve_fks=False)
        names = list(table.c.keys())
        _check(f"{place}.key", "column", rule.key, names)
        _check(f"{place}.exclude", "column", rule.exclude, names)
        if left_out := set(rule.exclude) & {*rule.key, rule.cursor}:
            raise VendorError(f"{place}.exclude: {', '.join(left_out)} is the key or cursor")
        if rule.cursor is not None:
            _check(f"{place}.cursor", "column", [rule.cursor], names)
            times = [each.name for each in table.c if isinstance(each.type, _MOMENTS)]
            _check(f"{place}.cursor", "time or date", [rule.cursor], times)
        columns = tuple(landed(each) for each in table.c if each.name not in rule.exclude)
        _check_names(place, columns)
        yield Source(rule, table, columns, zone)


_MOMENTS = (types.DateTime, types.Date)


def _check(place: str, what: str, given: Any, allowed: list[str]) -> None:
    for word in given:
        if word not in allowed:
            known = ", ".join(sorted(allowed)) or "none"
            raise VendorError(f"{place}: there is no {what} '{word}'; allowed: {known}")


def _check_names(place: str, columns: tuple[Landed, ...]) -> None:
    """Two columns may not become one, and ours are ours."""
    taken: dict[str, str] = dict.fromkeys(META_COLUMNS.names, "a column of the log")
    for column in columns:
        if column.target in taken:
            raise VendorError(
                f"{place}: column '{column.source}' would be called '{column.target}' like "
                f"{taken[column.target]}; name it in `exclude`, or read a view that renames it"
            )
        taken[column.target] = f"column '{column.source}'"
