"""What a Salesforce object of the sandbox is: its fields, and the SQL that makes its versions."""

from dataclasses import dataclass

from ingestion.sandbox.store import VersionTable

SCHEMA = "salesforce"
SQL_TYPES = {
    "id": "varchar",
    "reference": "varchar",
    "string": "varchar",
    "textarea": "varchar",
    "combobox": "varchar",
    "email": "varchar",
    "phone": "varchar",
    "url": "varchar",
    "picklist": "varchar",
    "anyType": "varchar",
    "date": "date",
    "datetime": "timestamp",
    "currency": "double",
    "double": "double",
    "percent": "double",
    "int": "bigint",
    "boolean": "boolean",
}
STAMPS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")


@dataclass(frozen=True)
class Field:
    """A field: Salesforce's name and type, and the SQL expression of its value.

    `choices` are a picklist's values, `targets` the prefixes of the objects that are referred to.
    """

    name: str
    kind: str
    value: str
    choices: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")


@dataclass(frozen=True)
class SObject:
    """An object. `number` is the company's number of a record, `version_at` its version's time.

    Not every object tells all times (`stamps`). Of one without IsDeleted (`shows_deleted` false) a
    record that is deleted is just not there any more.
    """

    name: str
    prefix: str
    source: str
    number: str
    own_fields: tuple[Field, ...]
    version_at: str = "version_at"
    created_at: str = "created_at"
    is_deleted: str = "is_deleted"
    is_log: bool = False
    shows_deleted: bool = True
    stamps: tuple[str, ...] = STAMPS

    @property
    def fields(self) -> tuple[Field, ...]:
        version_at = f"cast({self.version_at} as timestamp)"
        times = {
            "CreatedDate": f"cast({self.created_at} as timestamp)",
            "LastModifiedDate": version_at,
            "SystemModstamp": version_at,
        }
        deleted = (Field("IsDeleted", "boolean", self.is_deleted),) if self.shows_deleted else ()
        return (
            Field("Id", "id", f"sf_id('{self.prefix}', {self.number})"),
            *deleted,
            *self.own_fields,
            *(Field(name, "datetime", times[name]) for name in self.stamps),
        )

    @property
    def table(self) -> VersionTable:
        """With every record's deletion in `_deleted`, whether the object shows it or not."""
        columns = ", ".join(
            f'cast({field.value} as {SQL_TYPES[field.kind]}) as "{field.name}"'
            for field in self.fields
        )
        select = (
            f'select {columns}, "Id" as _key, cast({self.version_at} as timestamp) as _from, '
            f"cast({self.is_deleted} as boolean) as _deleted from {self.source}"
        )
        return VersionTable(SCHEMA, self.name, select, self.is_log)

    def field(self, name: str) -> Field | None:
        """Field by name, in any case, as Salesforce finds it."""
        wanted = name.lower()
        return next((field for field in self.fields if field.name.lower() == wanted), None)


def fields(kind: str, **values: str) -> tuple[Field, ...]:
    return tuple(Field(name, kind, value) for name, value in values.items())


def choice(name: str, number: str, *choices: str) -> Field:
    """A picklist whose value follows from a number."""
    listed = ", ".join(f"'{each}'" for each in choices)
    return Field(name, "picklist", f"[{listed}][1 + ({number}) % {len(choices)}]", choices)


def references(**targets: tuple[str, str]) -> tuple[Field, ...]:
    return tuple(
        Field(name, "reference", f"sf_id('{prefix}', {number})", targets=(prefix,))
        for name, (prefix, number) in targets.items()
    )


def either(name: str, first: tuple[str, str], second: tuple[str, str]) -> Field:
    """Reference to one of two objects, the first where there is one."""
    (prefix, number), (other_prefix, other) = first, second
    chosen = f"if({number} is null, '{other_prefix}', '{prefix}')"
    value = f"sf_id({chosen}, coalesce({number}, {other}))"
    return Field(name, "reference", value, targets=(prefix, other_prefix))


def own(table: str) -> str:
    return f"(select * from {table} where crm = 'salesforce')"


def with_creation(table: str, number: str) -> str:
    return (
        f"(select *, min(version_at) over (partition by {number}) as created_at,"
        f" false as is_deleted from {table})"
    )


def changes(rows: str, number: str, *watched: str) -> str:
    """Of records' versions those in which a watched column differs from the version before."""
    values = f"row({', '.join(watched)})"
    window = f"(partition by {number} order by version_at)"
    return (
        f"(select * from {rows} qualify row_number() over {window} = 1"
        f" or {values} is distinct from lag({values}) over {window})"
    )
