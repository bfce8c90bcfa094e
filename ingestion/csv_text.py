"""Exported CSV files as Arrow tables of text, in whatever script and with line breaks in cells."""

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.csv as pacsv

BLOCK_BYTES = 32 * 1024 * 1024


def read_text(body: bytes, *, nulls: Sequence[str] = ("",)) -> tuple[pa.Table, list[str]]:
    """Rows with every column as text, and lines that are no rows for having other columns.

    The file is UTF-8 and is taken as bytes: guessing its encoding, or taking it apart at whatever
    Unicode calls a line break, moves cells into their neighbours' columns.
    """
    broken: list[str] = []

    def set_aside(row: pacsv.InvalidRow) -> str:
        broken.append(row.text)
        return "skip"

    header = body.split(b"\n", 1)[0].decode("utf-8-sig").strip()
    table = pacsv.read_csv(
        io.BytesIO(body),
        read_options=pacsv.ReadOptions(block_size=BLOCK_BYTES),
        parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=set_aside),
        convert_options=pacsv.ConvertOptions(
            column_types={name.strip('"'): pa.string() for name in header.split(",")},
            null_values=list(nulls),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    return table, broken
