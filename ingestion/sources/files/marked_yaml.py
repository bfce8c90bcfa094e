"""YAML that remembers where everything stands, so that an error can name its line.

Scalars stay text: a value map's `No` must not become false and an id's leading zero must survive.
Types come later, from the models.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

import yaml

MAX_DEPTH, MAX_NODES = 12, 50_000

Key: TypeAlias = str | int
Content: TypeAlias = "str | list[Content] | dict[str, Content]"


@dataclass(frozen=True)
class Position:
    """Line and column in the mapping file, both from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a mapping."""

    position: Position | None
    message: str
    allowed: tuple[str, ...] = ()

    def text(self, file: Path) -> str:
        where = f":{self.position.line}:{self.position.column}" if self.position else ""
        choice = f"\n  Allowed: {', '.join(self.allowed)}" if self.allowed else ""
        return f"{file.name}{where}: {self.message}{choice}"


class MappingError(Exception):
    """A mapping, or the files it names, cannot be read as the mapping says.

    `file`, `line`, `column` and `allowed` are those of the first problem; `problems` has all.
    """

    def __init__(self, file: Path, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        self.file = file
        self.line = first.position.line if first.position else None
        self.column = first.position.column if first.position else None
        self.allowed = first.allowed
        self.problems = problems
        super().__init__("\n".join(problem.text(file) for problem in problems))


@dataclass(frozen=True)
class Document:
    """A mapping file's content and where each part of it stands."""

    file: Path
    content: Content
    positions: dict[tuple[Key, ...], Position] = field(default_factory=dict)

    def position(self, path: tuple[Key, ...]) -> Position | None:
        """Where `path` stands, or the nearest thing around it (shorthand has fewer levels)."""
        known: tuple[Key, ...] = ()
        for key in path:
            if (*known, key) in self.positions:
                known = (*known, key)
        return self.positions.get(known)

    def problem(
        self, path: tuple[Key, ...], message: str, allowed: tuple[str, ...] = ()
    ) -> Problem:
        return Problem(self.position(path), message, allowed)

    def error(
        self, path: tuple[Key, ...], message: str, allowed: tuple[str, ...] = ()
    ) -> MappingError:
        return MappingError(self.file, (self.problem(path, message, allowed),))


def did_you_mean(word: str, words: tuple[str, ...]) -> str:
    """A sentence naming the nearest of `words`, or nothing if none is near."""
    lower = {each.casefold(): each for each in words}
    near = get_close_matches(word.casefold(), lower, n=1, cutoff=0.6)
    return f" Did you mean '{lower[near[0]]}'?" if near else ""


def read_document(file: Path) -> Document:
    """Reads a YAML file, or raises MappingError at the line that is no YAML."""
    try:
        text = file.read_text(encoding="utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise MappingError(file, (Problem(None, f"there is no mapping file {file}"),)) from None
    except IsADirectoryError:
        raise MappingError(file, (Problem(None, f"{file} is a directory, not a file"),)) from None
    except UnicodeDecodeError:
        raise MappingError(file, (Problem(None, "a mapping file must be UTF-8"),)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        position = Position(mark.line + 1, mark.column + 1) if mark else None
        reason = getattr(error, "problem", None) or str(error)
        if getattr(error, "context", None) in (
            "while scanning an alias",
            "while scanning an anchor",
        ):
            reason += ". A word that begins with * or & needs quotes"
        raise MappingError(file, (Problem(position, f"not YAML: {reason}"),)) from None
    if root is None:
        raise MappingError(file, (Problem(None, "the mapping file is empty"),))
    reader = _Reader(file)
    content = reader.build(root, ())
    return Document(file, content, reader.positions)


class _Reader:
    """Turns YAML nodes into text, lists and dicts, and notes the place of each."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.positions: dict[tuple[Key, ...], Position] = {}
        self.nodes = 0

    def build(self, node: yaml.Node, path: tuple[Key, ...]) -> Content:
        self.nodes += 1
        if len(path) > MAX_DEPTH or self.nodes > MAX_NODES:
            raise self._error(node, "the mapping is nested too deeply or too long")
        self.positions.setdefault(path, _position(node))
        if isinstance(node, yaml.MappingNode):
            return dict(self._entries(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, at)) for at, item in enumerate(node.value)]
        return str(node.value)

    def _entries(
        self, node: yaml.MappingNode, path: tuple[Key, ...]
    ) -> Iterator[tuple[str, Content]]:
        seen: dict[str, int] = {}
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise self._error(name, "a key must be a word")
            key = str(name.value)
            if key in seen:
                raise self._error(name, f"'{key}' stands twice; it is in line {seen[key]} too")
            seen[key] = _position(name).line
            self.positions[(*path, key)] = _position(name)
            yield key, self.build(value, (*path, key))

    def _error(self, node: yaml.Node, message: str) -> MappingError:
        return MappingError(self.file, (Problem(_position(node), message),))


def _position(node: yaml.Node) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)
