"""Salesforce record ids: 15 case-sensitive characters and a suffix that makes them case-safe."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection
from duckdb.func import FunctionNullHandling, PythonUDFType

POD = "Hs0"
ALPHABET = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8
)
SUFFIXES = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", dtype=np.uint8)
LENGTH = 15


def encode(prefix: str, numbers: np.ndarray) -> np.ndarray:
    """18-character ids as rows of ASCII codes, shape (len(numbers), 18).

    Digits are written from the right while there are any: most numbers are short, ids are many.
    """
    ids = np.full((len(numbers), 18), ord("0"), dtype=np.uint8)
    head = np.frombuffer((prefix + POD).encode("ascii"), dtype=np.uint8)
    ids[:, : len(head)] = head
    rest = numbers.astype(np.uint32 if numbers.max(initial=0) < 2**32 else np.uint64)
    for position in range(LENGTH - 1, len(head) - 1, -1):
        if not rest.any():
            break
        rest, digit = np.divmod(rest, len(ALPHABET))
        ids[:, position] = ALPHABET[digit]
    ids[:, LENGTH:] = _suffix(ids[:, :LENGTH])
    return ids


def _suffix(ids: np.ndarray) -> np.ndarray:
    """Each suffix character tells which of five characters are upper case (first = bit 0)."""
    codes = np.zeros((len(ids), 3), dtype=np.uint8)
    for position in range(LENGTH):
        column = ids[:, position]
        if (column != column[:1]).any() or ord("A") <= column[0] <= ord("Z"):
            is_upper = (column >= ord("A")) & (column <= ord("Z"))
            codes[:, position // 5] |= is_upper.astype(np.uint8) << (position % 5)
    return SUFFIXES[codes]


def record_id(prefix: str, number: int) -> str:
    return encode(prefix, np.array([number])).tobytes().decode("ascii")


def case_safe(short_id: str) -> str:
    """18-character form of a 15-character id; other texts come back as they are."""
    if len(short_id) != 15 or not short_id.isascii():
        return short_id
    codes = np.frombuffer(short_id.encode("ascii"), dtype=np.uint8).reshape(1, 15)
    return short_id + _suffix(codes).tobytes().decode("ascii")


def _id_column(prefixes: pa.ChunkedArray, numbers: pa.ChunkedArray) -> pa.Array:
    column = _whole(numbers)
    kinds = _whole(prefixes).dictionary_encode()
    filled = column.fill_null(0).to_numpy(zero_copy_only=False)
    codes = np.empty((len(filled), 18), dtype=np.uint8)
    for position, prefix in enumerate(kinds.dictionary.to_pylist()):
        chosen = kinds.indices.to_numpy() == position
        codes[chosen] = encode(prefix, filled[chosen])
    offsets = np.arange(0, 18 * (len(filled) + 1), 18, dtype=np.int32)
    texts = pa.Array.from_buffers(
        pa.string(), len(filled), [None, pa.py_buffer(offsets), pa.py_buffer(codes.tobytes())]
    )
    return pc.if_else(column.is_valid(), texts, pa.scalar(None, pa.string()))


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def register(connection: DuckDBPyConnection) -> None:
    """SQL function sf_id(prefix, number): null for no number. Other vendors know these ids, too."""
    known = "select 1 from duckdb_functions() where function_name = 'sf_id'"
    if connection.execute(known).fetchone():
        return
    connection.create_function(
        "sf_id",
        _id_column,
        ["varchar", "bigint"],
        "varchar",
        type=PythonUDFType.ARROW,
        null_handling=FunctionNullHandling.SPECIAL,
    )
