"""CSV, XLSX and Parquet files → frames of source columns with line numbers, a block at a time.

Text stays text; numbers, dates and times that a format knows as such keep their type. A line that
has too few or too many fields is set aside, never padded.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from openpyxl.utils.exceptions import InvalidFileException

from ingestion.sources.files.mapping import FileMapping
from ingestion.sources.files.marked_yaml import Document, Key, MappingError, did_you_mean

LINE = "__line"
BLOCK_BYTES = 4 * 2**20
BLOCK_ROWS = 50_000
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".txt", ".xlsx", ".parquet")


@dataclass(frozen=True)
class BrokenLine:
    """A line that is no row."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class Block:
    """Consecutive rows of a file; `rows` has the source's columns and LINE."""

    file: str
    rows: pl.DataFrame
    broken: tuple[BrokenLine, ...] = ()


@dataclass
class _LineCounter:
    """Record numbers → line numbers: records may span lines, and broken ones are left out."""

    next_record: int
    next_line: int
    broken: list[Any] = field(default_factory=list)
    last_span: int = 1

    def number(
        self, rows: pl.DataFrame, breaks: np.ndarray[Any, Any]
    ) -> tuple[pl.Series, list[BrokenLine]]:
        """Lines of the rows, and the broken lines among and before them."""
        first = self.next_record
        records = np.arange(first, first + rows.height + len(self.broken))
        good = records[~np.isin(records, [row.number for row in self.broken])][: rows.height]
        last = int(good[-1]) if len(good) else first - 1
        inside = [row for row in self.broken if row.number <= last]
        self.broken = [row for row in self.broken if row.number > last]
        spans = np.ones(last - first + 1, dtype=np.int64)
        spans[good - first] += breaks
        for row in inside:
            spans[row.number - first] += row.text.count("\n")
        lines = self.next_line + np.concatenate([[0], np.cumsum(spans)])
        self.next_record, self.next_line = last + 1, int(lines[-1])
        self.last_span = int(spans[-1]) if len(spans) else self.last_span
        found = [_broken(row, int(lines[row.number - first])) for row in inside if row.text.strip()]
        return pl.Series(LINE, lines[good - first], dtype=pl.Int64), found

    def rest(self) -> list[BrokenLine]:
        """The broken lines after the last row."""
        left, self.broken = self.broken, []
        line, found = self.next_line, []
        for row in left:
            if row.text.strip():
                found.append(_broken(row, line))
            self.last_span = 1 + row.text.count("\n")
            line += self.last_span
        self.next_line = line
        return found


def find_files(directory: Path, mapping: FileMapping, document: Document) -> list[Path]:
    """The files that the rule names, in the order of their names."""
    place = (*mapping.path, "file")
    pattern = mapping.rule.file
    if not directory.is_dir():
        raise document.error((), f"there is no directory {directory}")
    present = tuple(
        sorted(str(p.relative_to(directory)) for p in directory.rglob("*") if p.is_file())
    )
    if not present:
        raise document.error((), f"the directory {directory} is empty")
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise document.error(place, f"'{pattern}' must lie in the import's directory")
    found = sorted(p for p in directory.glob(pattern) if p.is_file())
    if not found:
        message = f"no file '{pattern}' in {directory}.{did_you_mean(pattern, present)}"
        raise document.error(place, message, present[:20])
    for path in found:
        if not path.name.lower().endswith(SUFFIXES):
            raise document.error(place, f"cannot read '{path.name}'", SUFFIXES)
    return found


def read_blocks(path: Path, mapping: FileMapping, document: Document) -> Iterator[Block]:
    """Reads a file block by block; checks first that the mapped columns are there."""
    name = path.name.lower()
    if name.endswith(".xlsx"):
        blocks = _read_xlsx(path, mapping, document)
    elif name.endswith(".parquet"):
        blocks = _read_parquet(path, mapping, document)
    else:
        blocks = _read_csv(path, mapping, document)
    yield from blocks


def _check_columns(
    path: Path, names: list[str], mapping: FileMapping, document: Document, hint: str = ""
) -> None:
    present = tuple(names)
    for name in present:
        if present.count(name) > 1:
            raise document.error((*mapping.path, "file"), f"{path.name} has two columns '{name}'")
    asked = [*mapping.rule.sources, *((("ignore",), name) for name in mapping.rule.ignore)]
    for place, name in asked:
        if name not in present:
            message = f"{path.name} has no column '{name}'.{did_you_mean(name, present)}{hint}"
            raise document.error((*mapping.path, *place), message, present)


def _read_csv(path: Path, mapping: FileMapping, document: Document) -> Iterator[Block]:
    delimiter = "\t" if path.name.lower().endswith(".tsv") else mapping.delimiter
    first = mapping.rule.header_line + 1
    lines = _LineCounter(next_record=first, next_line=first)

    def set_aside(row: Any) -> str:
        lines.broken.append(row)
        return "skip"

    def reader(types: dict[str, pa.DataType], names: list[str] | None) -> pa.csv.CSVStreamingReader:
        return pa.csv.open_csv(
            pa.input_stream(str(path), compression="detect"),
            read_options=pa.csv.ReadOptions(
                use_threads=False,
                block_size=BLOCK_BYTES,
                encoding=mapping.encoding,
                column_names=names,
                skip_rows=mapping.rule.header_line - (0 if names else 1),
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=delimiter,
                quote_char=mapping.rule.quote,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=set_aside,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=types, strings_can_be_null=True, null_values=[""]
            ),
        )

    try:
        names = _named([name.strip() for name in reader({}, None).schema.names])
        hint = f" The delimiter is '{delimiter}'." if len(names) == 1 else ""
        _check_columns(path, names, mapping, document, hint)
        lines.broken.clear()
        for batch in reader(dict.fromkeys(names, pa.string()), names):
            breaks = _line_breaks(batch)
            frame = pl.DataFrame(batch)
            numbers, broken = lines.number(frame, breaks)
            yield Block(path.name, _without_blank(frame, numbers), tuple(broken))
        nothing = pl.DataFrame(schema=dict.fromkeys(names, pl.String) | {LINE: pl.Int64})
        rest = lines.rest()
        _check_quotes(path, mapping, document, lines)
        yield Block(path.name, nothing, tuple(rest))
    except LookupError:
        message = f"there is no encoding '{mapping.encoding}'; try utf-8, windows-1252, utf-16"
        raise document.error(_encoding_place(mapping, document), message) from None
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise _unreadable_csv(path, mapping, document, str(error)) from None


def _unreadable_csv(
    path: Path, mapping: FileMapping, document: Document, reason: str
) -> MappingError:
    if path.stat().st_size == 0:
        return document.error((*mapping.path, "file"), f"{path.name} is empty, it has no header")
    decoder = getincrementaldecoder(mapping.encoding)()
    line = 1
    for chunk in _chunks(path):
        try:
            line += decoder.decode(chunk).count("\n")
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(mapping.encoding, "ignore")
            message = (
                f"{path.name} line {line + before.count(chr(10))} is not {mapping.encoding}: "
                f"byte 0x{error.object[error.start]:02x}. "
                "Set `encoding`, for example windows-1252, latin-1 or utf-16"
            )
            return document.error(_encoding_place(mapping, document), message)
    return document.error((*mapping.path, "file"), f"{path.name} cannot be read: {reason}")


def _encoding_place(mapping: FileMapping, document: Document) -> tuple[Key, ...]:
    """Where the encoding is said, or else the file whose encoding is not."""
    if mapping.rule.encoding is None and ("encoding",) in document.positions:
        return ("encoding",)
    return (*mapping.path, "encoding" if mapping.rule.encoding else "file")


def _chunks(path: Path) -> Iterator[bytes]:
    with pa.input_stream(str(path), compression="detect") as stream:
        while chunk := stream.read(BLOCK_BYTES):
            yield chunk


def _check_quotes(
    path: Path, mapping: FileMapping, document: Document, lines: _LineCounter
) -> None:
    """Refuses a file whose last record runs over lines to the end because a quote never closes."""
    if lines.last_span == 1:
        return
    sign = mapping.rule.quote.encode()
    if sum(chunk.count(sign) for chunk in _chunks(path)) % 2:
        opened = lines.next_line - lines.last_span
        message = f"{path.name} line {opened}: a quote {mapping.rule.quote} is never closed"
        raise document.error((*mapping.path, "file"), message)


def _named(names: list[str]) -> list[str]:
    return [name or f"column {at}" for at, name in enumerate(names, start=1)]


def _line_breaks(batch: pa.RecordBatch) -> np.ndarray[Any, Any]:
    """Line breaks inside each row's values; cheap where there are none at all."""
    total = np.zeros(batch.num_rows, dtype=np.int64)
    for column in batch.columns:
        data = column.buffers()[2]
        if data is not None and (np.frombuffer(data, dtype=np.uint8) == ord("\n")).any():
            counts = pl.Series(values=column).str.count_matches("\n", literal=True).fill_null(0)
            total += counts.to_numpy()
    return total


def _without_blank(frame: pl.DataFrame, lines: pl.Series) -> pl.DataFrame:
    """Drops rows in which every value is missing, such as empty lines at the end."""
    filled = pl.any_horizontal(pl.all().exclude(LINE).is_not_null())
    return frame.with_columns(lines).filter(filled)


def _read_parquet(path: Path, mapping: FileMapping, document: Document) -> Iterator[Block]:
    try:
        file = pa.parquet.ParquetFile(path)
    except pa.ArrowInvalid as error:
        message = f"{path.name} is no Parquet file: {error}"
        raise document.error((*mapping.path, "file"), message) from None
    with file:
        _check_columns(path, list(file.schema_arrow.names), mapping, document)
        first = 1
        for batch in file.iter_batches(batch_size=BLOCK_ROWS):
            frame = pl.DataFrame(batch)
            numbers = pl.Series(LINE, range(first, first + frame.height), dtype=pl.Int64)
            first += frame.height
            yield Block(path.name, _without_blank(_plain_types(frame), numbers))


def _plain_types(frame: pl.DataFrame) -> pl.DataFrame:
    """Only text, numbers, flags, dates and times; what is nested becomes JSON text."""
    changed = []
    for name, kind in frame.schema.items():
        column = pl.col(name)
        if kind.is_decimal() or kind == pl.Float32:
            changed.append(column.cast(pl.Float64))
        elif kind.is_nested():
            wrapped = pl.struct(column.alias("v")).struct.json_encode().str.slice(5)
            changed.append(pl.when(column.is_not_null()).then(wrapped.str.head(-1)).alias(name))
        elif isinstance(kind, pl.Datetime):
            changed.append(column.dt.cast_time_unit("us"))
        elif not (kind.is_numeric() or kind in (pl.String, pl.Boolean, pl.Date)):
            changed.append(column.cast(pl.String))
    return frame.with_columns(changed)


def _read_xlsx(path: Path, mapping: FileMapping, document: Document) -> Iterator[Block]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        message = f"{path.name} is no XLSX file: {error}"
        raise document.error((*mapping.path, "file"), message) from None
    try:
        sheets = tuple(book.sheetnames)
        sheet = mapping.rule.sheet or sheets[0]
        if sheet not in sheets:
            message = f"{path.name} has no sheet '{sheet}'.{did_you_mean(sheet, sheets)}"
            raise document.error((*mapping.path, "sheet"), message, sheets)
        rows = book[sheet].iter_rows(min_row=mapping.rule.header_line, values_only=True)
        header = next(rows, ())
        names = _named([_cell_text(cell).strip() for cell in header])
        _check_columns(path, names, mapping, document)
        first, taken = mapping.rule.header_line + 1, []
        for row in rows:
            taken.append(row)
            if len(taken) == BLOCK_ROWS:
                yield _cells(path.name, names, taken, first)
                first, taken = first + len(taken), []
        yield _cells(path.name, names, taken, first)
    finally:
        book.close()


def _cells(name: str, names: list[str], rows: list[tuple[Any, ...]], first: int) -> Block:
    columns = [
        _typed([row[at] if at < len(row) else None for row in rows]).alias(column)
        for at, column in enumerate(names)
    ]
    numbers = pl.Series(LINE, range(first, first + len(rows)), dtype=pl.Int64)
    return Block(name, _without_blank(pl.DataFrame(columns), numbers))


def _typed(cells: list[Any]) -> pl.Series:
    """Cells of one column: typed if all are of one kind, else text."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {datetime}:
        return pl.Series(cells, dtype=pl.Datetime("us"))
    if kinds == {bool}:
        return pl.Series(cells, dtype=pl.Boolean)
    if kinds and kinds <= {int, float}:
        return pl.Series(cells, dtype=pl.Float64 if float in kinds else pl.Int64, strict=False)
    return pl.Series(
        [None if cell is None else _cell_text(cell) for cell in cells], dtype=pl.String
    )


def _cell_text(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time.min:
            return cell.date().isoformat()
        case datetime() | date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def _broken(row: Any, line: int) -> BrokenLine:
    reason = f"{row.actual_columns} fields where the header has {row.expected_columns}"
    return BrokenLine(line, row.text, reason)
