"""How a Dataverse table is described: its columns, how each shows in JSON, its versions in SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingestion.sandbox.store import VersionTable

SCHEMA = "dynamics"
TYPE_MARK, LABEL_MARK, GONE = "@type", "@label", "_gone"
SQL_TYPES = {
    "Uniqueidentifier": "varchar",
    "Lookup": "varchar",
    "Customer": "varchar",
    "Owner": "varchar",
    "String": "varchar",
    "Memo": "varchar",
    "EntityName": "varchar",
    "Picklist": "bigint",
    "State": "bigint",
    "Status": "bigint",
    "Integer": "bigint",
    "BigInt": "bigint",
    "Boolean": "boolean",
    "Decimal": "double",
    "Double": "double",
    "Money": "double",
    "DateTime": "timestamp",
    "DateOnly": "date",
}
LOOKUPS = ("Lookup", "Customer", "Owner")


@dataclass(frozen=True)
class Column:
    """A column: its logical name, AttributeType and the SQL of its value.

    Choices have `options`, lookups a `target` (a table's name, or SQL where it may be several) and
    the SQL of the label under which they show.
    """

    name: str
    kind: str
    value: str
    options: Mapping[int, str] = field(default_factory=dict)
    target: str = ""
    label: str = ""

    @property
    def is_lookup(self) -> bool:
        return self.kind in LOOKUPS

    @property
    def json_name(self) -> str:
        """Its name in the Web API's JSON."""
        return f"_{self.name}_value" if self.is_lookup else self.name

    @property
    def is_custom(self) -> bool:
        return self.name.startswith("new_")

    @property
    def is_polymorphic(self) -> bool:
        return " " in self.target

    @property
    def sql(self) -> str:
        parts = [f'cast({self.value} as {SQL_TYPES[self.kind]}) as "{self.json_name}"']
        if self.is_polymorphic:
            parts.append(f'{self.target} as "{self.json_name}{TYPE_MARK}"')
        if self.label:
            parts.append(f'{self.label} as "{self.json_name}{LABEL_MARK}"')
        return ", ".join(parts)


@dataclass(frozen=True)
class Table:
    """A table: `source` is SQL of its versions, `key` the SQL of the record's id.

    `is_gone` tells a version that is a deletion. `is_tracked`: change tracking is on.
    """

    name: str
    entity_set: str
    primary_id: str
    key: str
    source: str
    own_columns: tuple[Column, ...]
    version_at: str = "version_at"
    created_at: str = "created_at"
    is_gone: str = "false"
    is_tracked: bool = False
    is_log: bool = False
    has_dates: bool = True

    @property
    def columns(self) -> tuple[Column, ...]:
        stamp = f"cast({self.version_at} as timestamp)"
        dates: tuple[Column, ...] = ()
        if self.has_dates:
            dates = (
                Column("createdon", "DateTime", f"cast({self.created_at} as timestamp)"),
                Column("modifiedon", "DateTime", stamp),
            )
        return (
            Column(self.primary_id, "Uniqueidentifier", self.key),
            *self.own_columns,
            *dates,
            Column("versionnumber", "BigInt", f"cast(epoch({stamp}) as bigint)"),
        )

    def column(self, property_name: str) -> Column | None:
        return next((c for c in self.columns if c.json_name == property_name), None)

    @property
    def versions(self) -> VersionTable:
        select = (
            f"select {', '.join(column.sql for column in self.columns)}, "
            f'"{self.primary_id}" as _key, {self.is_gone} as {GONE}, '
            f"cast({self.version_at} as timestamp) as _from from {self.source}"
        )
        return VersionTable(SCHEMA, self.name, select, self.is_log)


def columns(kind: str, **values: str) -> tuple[Column, ...]:
    """Columns of one type from name=SQL."""
    return tuple(Column(name, kind, value) for name, value in values.items())


def choice(name: str, value: str, *labels: str, first: int = 1, kind: str = "Picklist") -> Column:
    """A choice whose options are these labels, numbered from `first`; `value` is a label's SQL."""
    words = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
    number = f"{first - 1} + nullif(list_position([{words}], {value}), 0)"
    return Column(name, kind, number, dict(enumerate(labels, first)))


def coded(name: str, value: str, options: Mapping[int, str], kind: str = "Picklist") -> Column:
    """A choice whose number is SQL already."""
    return Column(name, kind, value, options)


def lookup(name: str, target: str, value: str, *, label: str = "", kind: str = "Lookup") -> Column:
    """A lookup of one table; `value` is the SQL of the record's number or word."""
    return Column(name, kind, f"dyn_id('{target}', {value})", target=target, label=label)
