"""What a model reads: a named column, its kind, and the words that explain it to people."""

from dataclasses import dataclass

import polars as pl

KINDS = ("number", "category", "flag")


@dataclass(frozen=True)
class Feature:
    """A column of an `ftr_` model. `label` is what a rep reads in a reason."""

    name: str
    kind: str
    label: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f"Feature {self.name!r} has kind {self.kind!r}; allowed: {', '.join(KINDS)}."
            )


def require_columns(frame: pl.DataFrame, columns: list[str], *, what: str) -> None:
    """Fail at the edge, naming every column that `frame` lacks."""
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise ValueError(
            f"{what} lacks the columns {', '.join(missing)}; it has {', '.join(frame.columns)}."
        )
