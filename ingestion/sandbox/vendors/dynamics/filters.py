"""OData `$filter` to SQL: comparisons, and/or/not, parentheses, text functions, In(...)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.dynamics.columns import Column
from ingestion.sandbox.vendors.dynamics.refusals import refused

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),\[\]=])"
    r"|(?P<word>[^\s(),\[\]='][^\s(),\[\]=]*))"
)
OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
FUNCTIONS = {"contains": "contains", "startswith": "starts_with", "endswith": "ends_with"}
IN = "Microsoft.Dynamics.CRM.In"

Find = Callable[[str], Column | None]


def to_sql(text: str, find: Find) -> str:
    """SQL of a filter; `find` gives the column of a property. Refuses what it cannot read."""
    return _Parser(text, find).whole()


class _Parser:
    def __init__(self, text: str, find: Find) -> None:
        self._text = text
        self._find = find
        self._tokens = [match.group().strip() for match in TOKEN.finditer(text)]
        self._at = 0

    def whole(self) -> str:
        sql = self._either()
        if self._at < len(self._tokens):
            raise self._refusal()
        return sql

    def _either(self) -> str:
        parts = [self._both()]
        while self._take("or"):
            parts.append(self._both())
        return "(" + " or ".join(parts) + ")"

    def _both(self) -> str:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return "(" + " and ".join(parts) + ")"

    def _one(self) -> str:
        if self._take("not"):
            return f"not {self._one()}"
        if self._take("("):
            inner = self._either()
            self._expect(")")
            return inner
        word = self._next()
        if word in FUNCTIONS:
            self._expect("(")
            column = self._column(self._next())
            self._expect(",")
            value = self._next()
            self._expect(")")
            return f'{FUNCTIONS[word]}(lower("{column.json_name}"), lower({_text(value)}))'
        if word == IN:
            return self._among()
        column, operator, value = self._column(word), self._next(), self._next()
        if operator not in OPERATORS:
            raise self._refusal()
        if value == "null":
            return f'"{column.json_name}" is {"not " if operator == "ne" else ""}null'
        return f'"{column.json_name}" {OPERATORS[operator]} {self._value(column, value)}'

    def _among(self) -> str:
        """Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=['a','b'])"""
        for mark in ("(", "PropertyName", "="):
            self._expect(mark)
        name = self._next().strip("'")
        column = self._find(name) or self._column(f"_{name}_value")
        for mark in (",", "PropertyValues", "=", "["):
            self._expect(mark)
        values = [_text(self._next())]
        while self._take(","):
            values.append(_text(self._next()))
        self._expect("]")
        self._expect(")")
        return f'cast("{column.json_name}" as varchar) in ({", ".join(values)})'

    def _value(self, column: Column, value: str) -> str:
        if value.startswith("'") or column.is_lookup or column.kind == "Uniqueidentifier":
            return _text(value)
        if column.kind in ("DateTime", "DateOnly"):
            try:
                return literal(datetime.fromisoformat(value).astimezone(UTC))
            except ValueError:
                raise self._refusal() from None
        if not re.fullmatch(r"-?\d+(\.\d+)?|true|false", value):
            raise self._refusal()
        return value

    def _column(self, name: str) -> Column:
        column = self._find(name)
        if column is None:
            raise refused(
                "0x0", f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM'."
            )
        return column

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise self._refusal()
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, word: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == word
        self._at += found
        return found

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._refusal()

    def _refusal(self) -> Exception:
        return refused("0x0", f"Syntax error in '{self._text}'.")


def _text(token: str) -> str:
    inner = token[1:-1].replace("''", "'") if token.startswith("'") else token
    return literal(inner)
