"""Where a key stands in a TOML file, so that a wrong setting can be named with its line."""

import re
from collections.abc import Sequence

HEADER = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?")
ASSIGNMENT = re.compile(r"""^\s*([A-Za-z0-9_\-."']+)\s*=""")


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """The 1-based line of the key at `path`, else of its nearest enclosing table, else None.

    Follows `[table]` headers and dotted keys; values that span lines count as their first line.
    """
    wanted = tuple(str(part) for part in path if not isinstance(part, int))
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := HEADER.match(line):
            table = _parts(header.group(1))
            lines.setdefault(table, number)
        elif assignment := ASSIGNMENT.match(line):
            lines.setdefault(table + _parts(assignment.group(1)), number)
    for length in range(len(wanted), 0, -1):
        if wanted[:length] in lines:
            return lines[wanted[:length]]
    return None
