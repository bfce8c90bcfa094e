"""All rows of an entity, shaped, waiting on disk until the whole import is known to be readable."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet

from ingestion.entity import INSTANT, VERSION_AT
from ingestion.sources.files.mapping import EntityMapping, StageRule
from ingestion.sources.files.marked_yaml import Document
from ingestion.sources.files.reading import LINE, find_files, read_blocks
from ingestion.sources.files.settings import REFERENCES, entity
from ingestion.sources.files.shaping import FILE, REASON, RECORD, References, shape
from ingestion.sources.files.values import check_fixed

SAMPLES = 10


@dataclass(frozen=True)
class LookupReport:
    """How a column found what it refers to; what it did not find is null, the word a custom field.

    `aliased`, `unmatched` and `ambiguous` map the most frequent words of the file to their rows.
    """

    entity: str
    column: str
    refers_to: str
    matched_rows: int
    aliased_rows: int
    unmatched_rows: int
    ambiguous_rows: int
    aliased: Mapping[str, int]
    unmatched: Mapping[str, int]
    ambiguous: Mapping[str, int]


@dataclass(frozen=True)
class Spool:
    """Rows of one entity in `file`; `kept` says which of them are to land.

    `rejects` has `id` (null if unknown), REASON and RECORD. `has_broken_lines`: some line was no
    row, so nobody knows whose row is missing. `repeated_rows` said nothing new of their record.
    """

    mapping: EntityMapping
    file: Path
    kept: pl.Series
    rejects: pl.DataFrame
    has_broken_lines: bool
    repeated_rows: int
    lookups: tuple[LookupReport, ...]

    def pages(self, seen_at: datetime) -> Iterator[pa.Table]:
        """The rows to land; those without a modification time get the time they were seen."""
        start = 0
        with pa.parquet.ParquetFile(self.file) as stored:
            for batch in stored.iter_batches():
                mask = self.kept.slice(start, batch.num_rows)
                start += batch.num_rows
                table = pa.Table.from_batches([batch]).drop_columns([FILE, LINE])
                at = table.schema.get_field_index(VERSION_AT)
                seen = table.column(at).fill_null(pa.scalar(seen_at, INSTANT))
                yield table.set_column(at, table.schema.field(at), seen).filter(mask.to_arrow())

    def words(self, column: str) -> pl.DataFrame:
        """`id` and `word` of the rows to land, for lookups in `column`."""
        frame = pl.read_parquet(self.file, columns=list(dict.fromkeys(("id", column))))
        return frame.filter(self.kept).select("id", pl.col(column).alias("word"))


def spooled(
    mapping: EntityMapping,
    directory: Path,
    folder: Path,
    *,
    document: Document,
    stages: tuple[StageRule, ...],
    references: Mapping[str, References],
) -> Spool:
    """Reads and shapes all files of an entity into `folder`."""
    schema = _schema(mapping.entity)
    rejects, found = [_no_rejects()], []
    has_broken_lines = False
    target = folder / f"{mapping.entity}.parquet"
    with pa.parquet.ParquetWriter(target, schema) as writer:
        for file_mapping in mapping.files:
            check_fixed(file_mapping, document)
            for path in find_files(directory, file_mapping, document):
                for block in read_blocks(path, file_mapping, document):
                    shaped = shape(block, file_mapping, stages=stages, references=references)
                    rejects.append(shaped.rejects)
                    found.append(shaped.found)
                    has_broken_lines |= bool(block.broken)
                    if shaped.rows.height:
                        writer.write_table(_to_schema(shaped.rows, schema))
    surplus, conflicts = _repeated(target, mapping.entity)
    height = pa.parquet.read_metadata(target).num_rows
    kept = pl.Series("kept", [True]).new_from_index(0, height)
    if surplus.len():
        kept = ~pl.int_range(height, eager=True).is_in(surplus.implode())
    return Spool(
        mapping=mapping,
        file=target,
        kept=kept,
        rejects=pl.concat([*rejects, conflicts]),
        has_broken_lines=has_broken_lines,
        repeated_rows=surplus.len() - conflicts.height,
        lookups=tuple(_lookup_reports(mapping, pl.concat(found))),
    )


def _schema(name: str) -> pa.Schema:
    extra = [(VERSION_AT, INSTANT), (FILE, pa.string()), (LINE, pa.int64())]
    return pa.schema([*entity(name).columns, *(pa.field(*each) for each in extra)])


def _to_schema(rows: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    if VERSION_AT not in rows.columns:
        rows = rows.with_columns(pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias(VERSION_AT))
    return rows.select(schema.names).to_arrow().cast(schema)


def _no_rejects() -> pl.DataFrame:
    return pl.DataFrame(schema={"id": pl.String, REASON: pl.String, RECORD: pl.String})


def _repeated(file: Path, name: str) -> tuple[pl.Series, pl.DataFrame]:
    """Row numbers beyond the first of each key, and rejects for those that contradict it.

    Of several versions of a record, told apart by their modification time, the newest one lands.
    """
    columns = entity(name).columns.names
    rows = (
        pl.scan_parquet(file)
        .select("id", VERSION_AT, FILE, LINE, pl.struct(columns).hash(7).alias("print"))
        .with_row_index("row")
        .filter(pl.col("id").is_duplicated())
        .collect()
    )
    newest_first = rows.sort(VERSION_AT, "row", descending=[True, False], nulls_last=True)
    first = newest_first.unique("id", keep="first", maintain_order=True)
    others = rows.join(first, on="id", suffix="_first").filter(pl.col("row") != pl.col("row_first"))
    same_time = pl.col(VERSION_AT).eq_missing(pl.col(f"{VERSION_AT}_first"))
    conflicts = others.filter(same_time & (pl.col("print") != pl.col("print_first"))).select(
        "row",
        "id",
        pl.format(
            "{} line {}: the key '{}' stands in {} line {}, too, with other values",
            *(FILE, LINE, "id", f"{FILE}_first", f"{LINE}_first"),
        ).alias(REASON),
    )
    if not conflicts.height:
        return others["row"], _no_rejects()
    records = (
        pl.scan_parquet(file)
        .with_row_index("row")
        .join(conflicts.select("row").lazy(), on="row", how="semi")
        .select("row", pl.struct(columns).struct.json_encode().alias(RECORD))
        .collect()
    )
    return others["row"], conflicts.join(records, on="row").select("id", REASON, RECORD)


def _lookup_reports(mapping: EntityMapping, found: pl.DataFrame) -> Iterator[LookupReport]:
    lookups = {"stage": "stages.name"}
    for each in mapping.files:
        lookups |= {
            name: rule.lookup for name, rule in each.rule.columns.items() if rule.lookup is not None
        }
    counts = found.group_by("column", "outcome", "word").agg(pl.col("count").sum())
    asked = {name for each in mapping.files for name in each.rule.columns}
    for name in sorted(asked & (REFERENCES.keys() | {"stage"}) & lookups.keys()):
        mine = counts.filter(pl.col("column") == name)
        words = {
            outcome: mine.filter(pl.col("outcome") == outcome).sort(
                "count", "word", descending=[True, False]
            )
            for outcome in ("matched", "aliased", "unmatched", "ambiguous")
        }
        rows = {outcome: int(frame["count"].sum()) for outcome, frame in words.items()}
        yield LookupReport(
            entity=mapping.entity,
            column=name,
            refers_to=lookups[name],
            matched_rows=rows["matched"],
            aliased_rows=rows["aliased"],
            unmatched_rows=rows["unmatched"],
            ambiguous_rows=rows["ambiguous"],
            aliased=_samples(words["aliased"]),
            unmatched=_samples(words["unmatched"]),
            ambiguous=_samples(words["ambiguous"]),
        )


def _samples(words: pl.DataFrame) -> dict[str, int]:
    return dict(words.select("word", "count").head(SAMPLES).iter_rows())
