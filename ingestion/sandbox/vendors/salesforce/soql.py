"""SOQL to SQL over the store: the part of the language a connector needs, with Salesforce's errors.

SELECT fields | COUNT() | FIELDS(ALL) FROM object [WHERE …] [ORDER BY …] [LIMIT n] [OFFSET n].
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ingestion.sandbox.replies import VendorError
from ingestion.sandbox.store import literal
from ingestion.sandbox.vendors.salesforce import ids
from ingestion.sandbox.vendors.salesforce.objects import find
from ingestion.sandbox.vendors.salesforce.sobject import Field, SObject

TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<word>[A-Za-z_][\w.]*(?::\d+)?)
    | (?P<symbol><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE,
)
COMPARISONS = ("=", "!=", "<>", "<", "<=", ">", ">=")
TEXT_KINDS = {
    "id", "reference", "string", "textarea", "combobox", "email", "phone", "url", "picklist",
}  # fmt: skip
NUMBER_KINDS = {"currency", "double", "percent", "int"}
KIND_LABELS = {"datetime": "dateTime", "date": "date", "boolean": "boolean"}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Query:
    """A parsed query; `where` and `order` are SQL over the object's table."""

    sobject: SObject
    fields: tuple[Field, ...]
    is_count: bool
    where: str
    order: str
    limit: int | None
    offset: int


def error(code: str, message: str) -> VendorError:
    return VendorError(400, [{"message": message, "errorCode": code}])


def _tokens(text: str) -> list[Token]:
    tokens, position = [], 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = TOKEN.match(stripped, position)
        if match is None:
            raise error(
                "MALFORMED_QUERY", f"unexpected token: '{stripped[position:].strip()[:20]}'"
            )
        kind = str(match.lastgroup)
        tokens.append(Token(kind, match.group(kind), match.start(kind)))
        position = match.end()
    return [*tokens, Token("end", "<EOF>", len(stripped))]


class Parser:
    """One pass, left to right, over the tokens of one query."""

    def __init__(self, text: str, now: datetime) -> None:
        self._text = text
        self._now = now
        self._tokens = _tokens(text)
        self._position = 0
        self._sobject_in_use: SObject

    @property
    def _token(self) -> Token:
        return self._tokens[self._position]

    def _next(self) -> Token:
        token = self._token
        self._position += 1
        return token

    def _is(self, *words: str) -> bool:
        return self._token.kind in ("word", "symbol") and self._token.text.upper() in words

    def _accept(self, *words: str) -> bool:
        if self._is(*words):
            self._position += 1
            return True
        return False

    def _expect(self, *words: str) -> None:
        for word in words:
            if not self._accept(word):
                raise self._unexpected(word)

    def _unexpected(self, expected: str) -> VendorError:
        token = self._token
        return error(
            "MALFORMED_QUERY",
            f"\n{self._text[max(0, token.at - 40) : token.at + 20]}\n"
            f"ERROR at Row:1:Column:{token.at + 1}\n"
            f"unexpected token: '{token.text}' (expected {expected})",
        )

    def query(self) -> Query:
        self._expect("SELECT")
        names, is_count, all_fields = self._selection()
        self._expect("FROM")
        sobject = self._sobject()
        self._sobject_in_use = sobject
        fields = sobject.fields if all_fields else tuple(self._field(*name) for name in names)
        where = self._disjunction() if self._accept("WHERE") else "true"
        order = self._order() if self._accept("ORDER") else ""
        limit = self._count() if self._accept("LIMIT") else None
        offset = self._count() if self._accept("OFFSET") else 0
        if self._token.kind != "end":
            raise self._unexpected("end of query")
        return Query(sobject, fields, is_count, where, order, limit, offset)

    def _selection(self) -> tuple[list[tuple[str, int]], bool, bool]:
        if self._accept("COUNT"):
            self._expect("(", ")")
            return [], True, False
        if self._accept("FIELDS"):
            self._expect("(")
            if not self._accept("ALL", "STANDARD", "CUSTOM"):
                raise self._unexpected("ALL")
            self._expect(")")
            return [], False, True
        names = [self._name()]
        while self._accept(","):
            names.append(self._name())
        lowered = [name.lower() for name, _ in names]
        for name in lowered:
            if lowered.count(name) > 1:
                raise error("INVALID_FIELD", f"duplicate field selected: {name}")
        return names, False, False

    def _name(self) -> tuple[str, int]:
        if self._token.kind != "word":
            raise self._unexpected("a field")
        token = self._next()
        return token.text, token.at

    def _sobject(self) -> SObject:
        name, at = self._name()
        sobject = find(name)
        if sobject is None:
            raise error(
                "INVALID_TYPE",
                f"\n{self._text[max(0, at - 40) :]}\nERROR at Row:1:Column:{at + 1}\n"
                f"sObject type '{name}' is not supported. If you are attempting to use a custom "
                "object, be sure to append the '__c' after the entity name.",
            )
        return sobject

    def _field(self, name: str, at: int) -> Field:
        field = self._sobject_in_use.field(name)
        if field is None:
            raise error(
                "INVALID_FIELD",
                f"\n{self._text[: at + len(name)]}\nERROR at Row:1:Column:{at + 1}\n"
                f"No such column '{name}' on entity '{self._sobject_in_use.name}'. If you are "
                "attempting to use a custom field, be sure to append the '__c' after the custom "
                "field name.",
            )
        return field

    def _disjunction(self) -> str:
        first = self._conjunction()
        if not self._is("OR"):
            return first
        parts = [first]
        while self._accept("OR"):
            parts.append(self._conjunction())
        return "(" + " or ".join(parts) + ")"

    def _conjunction(self) -> str:
        parts = [self._condition()]
        while self._accept("AND"):
            parts.append(self._condition())
        return " and ".join(parts)

    def _condition(self) -> str:
        if self._accept("NOT"):
            return f"not coalesce({self._condition()}, false)"
        if self._accept("("):
            inner = self._disjunction()
            self._expect(")")
            return f"({inner})"
        field = self._field(*self._name())
        if field.kind == "anyType":
            raise error("INVALID_FIELD", f"field '{field.name}' cannot be filtered in a query")
        if self._accept("IN"):
            return self._membership(field, "in")
        if self._accept("NOT"):
            self._expect("IN")
            return self._membership(field, "not in")
        if self._accept("LIKE"):
            if field.kind not in TEXT_KINDS:
                raise error("INVALID_FIELD", f"field '{field.name}' cannot be filtered with LIKE")
            return f'"{field.name}" ilike {self._value(field)}'
        if not (self._token.kind == "symbol" and self._token.text in COMPARISONS):
            raise self._unexpected("a comparison")
        return self._comparison(field, self._next().text)

    def _membership(self, field: Field, operator: str) -> str:
        self._expect("(")
        values = [self._value(field)]
        while self._accept(","):
            values.append(self._value(field))
        self._expect(")")
        return f"{_comparable(field)} {operator} ({', '.join(values)})"

    def _comparison(self, field: Field, operator: str) -> str:
        if self._is("NULL"):
            self._next()
            if operator not in ("=", "!=", "<>"):
                raise error("INVALID_FIELD", f"null cannot be compared with '{operator}'")
            return f'"{field.name}" is {"" if operator == "=" else "not "}null'
        if field.kind in ("date", "datetime") and self._token.kind == "word":
            return self._date_word(field, operator)
        value = self._value(field)
        if operator in ("!=", "<>"):
            return f"{_comparable(field)} is distinct from {value}"
        return f"{_comparable(field)} {operator} {value}"

    def _date_word(self, field: Field, operator: str) -> str:
        first, last = _period(self._next().text, self._now.date())
        column = f'"{field.name}"'
        start, end = f"date '{first}'", f"date '{last + timedelta(days=1)}'"
        return {
            "=": f"({column} >= {start} and {column} < {end})",
            "!=": f"({column} < {start} or {column} >= {end} or {column} is null)",
            "<>": f"({column} < {start} or {column} >= {end} or {column} is null)",
            "<": f"{column} < {start}",
            "<=": f"{column} < {end}",
            ">": f"{column} >= {end}",
            ">=": f"{column} >= {start}",
        }[operator]

    def _value(self, field: Field) -> str:
        token = self._next()
        if token.kind == "string" and field.kind in TEXT_KINDS:
            text = re.sub(r"\\(.)", r"\1", token.text[1:-1])
            if field.kind in ("id", "reference"):
                return literal(ids.case_safe(text))
            return literal(text.lower())
        if token.kind == "number" and field.kind in NUMBER_KINDS:
            return token.text
        if token.kind == "datetime" and field.kind == "datetime":
            return literal(datetime.fromisoformat(token.text).astimezone(UTC))
        if token.kind == "date" and field.kind == "date":
            return f"date '{_day(token.text)}'"
        if field.kind == "boolean" and token.text.upper() in ("TRUE", "FALSE"):
            return token.text.lower()
        if token.kind == "word" and token.text.upper() == "NULL":
            return "null"
        wanted = KIND_LABELS.get(field.kind, "double" if field.kind in NUMBER_KINDS else "string")
        raise error(
            "INVALID_FIELD",
            f"value of filter criterion for field '{field.name}' must be of type {wanted}"
            + ("" if wanted == "string" else " and should not be enclosed in quotes"),
        )

    def _order(self) -> str:
        self._expect("BY")
        parts = []
        while True:
            column = f'"{self._field(*self._name()).name}"'
            direction = "desc" if self._accept("DESC") else "asc"
            if direction == "asc":
                self._accept("ASC")
            nulls = "first"
            if self._accept("NULLS"):
                if not self._is("FIRST", "LAST"):
                    raise self._unexpected("FIRST")
                nulls = self._next().text.lower()
            parts.append(f"{column} {direction} nulls {nulls}")
            if not self._accept(","):
                return ", ".join(parts)

    def _count(self) -> int:
        if self._token.kind != "number":
            raise self._unexpected("a number")
        return int(self._next().text)


def _comparable(field: Field) -> str:
    """Texts compare without case in SOQL, ids with it."""
    if field.kind in TEXT_KINDS and field.kind not in ("id", "reference"):
        return f'lower("{field.name}")'
    return f'"{field.name}"'


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as invalid:
        raise error("MALFORMED_QUERY", f"{text} is not a valid date") from invalid


def _period(word: str, today: date) -> tuple[date, date]:
    """First and last day of a SOQL date literal."""
    name, _, count = word.upper().partition(":")
    month = today.replace(day=1)
    next_month = (month + timedelta(days=31)).replace(day=1)
    days = timedelta(days=int(count or 0))
    periods = {
        "TODAY": (today, today),
        "YESTERDAY": (today - timedelta(days=1), today - timedelta(days=1)),
        "TOMORROW": (today + timedelta(days=1), today + timedelta(days=1)),
        "LAST_N_DAYS": (today - days, today),
        "NEXT_N_DAYS": (today + timedelta(days=1), today + days),
        "THIS_MONTH": (month, next_month - timedelta(days=1)),
        "LAST_MONTH": ((month - timedelta(days=1)).replace(day=1), month - timedelta(days=1)),
        "THIS_YEAR": (date(today.year, 1, 1), date(today.year, 12, 31)),
        "LAST_YEAR": (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    }
    if name not in periods:
        raise error("MALFORMED_QUERY", f"unexpected token: '{word}'")
    return periods[name]


def parse(text: str, now: datetime) -> Query:
    """Parsed query; raises VendorError MALFORMED_QUERY, INVALID_FIELD or INVALID_TYPE."""
    return Parser(text, now).query()


JSON_FORMATS = {
    "datetime": "strftime(\"{0}\", '%Y-%m-%dT%H:%M:%S.000+0000')",
    "date": 'cast("{0}" as varchar)',
    # JSON text of the value, by the type that its record says it has.
    "anyType": (
        """if("DataType" in ('Currency', 'Percent', 'Double'), "{0}", """
        """cast(to_json("{0}") as varchar))"""
    ),
}
CSV_FORMATS = {
    "datetime": "strftime(\"{0}\", '%Y-%m-%dT%H:%M:%S.000Z')",
    "date": 'cast("{0}" as varchar)',
    "boolean": "if(\"{0}\", 'true', 'false')",
}


def to_sql(query: Query, source: str, *, deleted: bool, formats: dict[str, str]) -> str:
    """SQL of the result with fields as text of the reply's format; `deleted` is queryAll.

    Records of an object without IsDeleted are not shown any more once they are deleted.
    """
    columns = ", ".join(
        formats.get(field.kind, '"{0}"').format(field.name) + f' as "{field.name}"'
        for field in query.fields
    )
    selected = "count(*) as total" if query.is_count else f"{columns}, _key"
    alive = "" if deleted and query.sobject.shows_deleted else " and not _deleted"
    order = f" order by {query.order}" if query.order else ""
    page = f" offset {query.offset}" if query.offset else ""
    if query.limit is not None:
        page = f" limit {query.limit}{page}"
    return f"select {selected} from {source} where ({query.where}){alive}{order}{page}"
