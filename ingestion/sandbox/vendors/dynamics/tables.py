"""All tables of the simulated Dataverse environment."""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from ingestion.sandbox.store import VersionTable
from ingestion.sandbox.vendors.dynamics import history, sales
from ingestion.sandbox.vendors.dynamics.columns import Table
from ingestion.sandbox.vendors.google_ads.campaigns import GOOGLE_ADS_ID

TABLES: tuple[Table, ...] = (*sales.TABLES, *history.TABLES)
BY_SET = {table.entity_set: table for table in TABLES}
BY_NAME = {table.name: table for table in TABLES}
# A GUID that only depends on the table and the number or word of the record.
DYN_ID = (
    "create or replace macro dyn_id(kind, number) as "
    "cast(cast(md5(kind || '/' || number) as uuid) as varchar)"
)
MACROS = (
    DYN_ID,
    "create or replace macro dyn_user(number) as (select any_value(concat_ws(' ', first_name, "
    "last_name)) from users where user_n = number)",
    "create or replace macro dyn_product(number) as (select any_value(name) from products "
    "where product_n = number)",
)


def tables(connection: DuckDBPyConnection) -> Iterable[VersionTable]:
    """Version tables of all tables; run while the company's frames are registered."""
    connection.execute(GOOGLE_ADS_ID)
    for macro in MACROS:
        connection.execute(macro)
    return [table.versions for table in TABLES]
