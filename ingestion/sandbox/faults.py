"""Faults on demand: what vendors do on bad days, asked for through `POST /_sandbox/faults`.

A fault names a vendor and a kind. `match` is a part of path, query or body of the requests it may
hit, `skip` lets that many of them pass first, `times` is how often it fires, `seconds` the length
of a wait. Faults of data fire only on replies that hold records.
"""

import itertools
import threading
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as attribute
from typing import Any

from ingestion.sandbox import mutations

REQUEST_KINDS = (
    "rate_limit",
    "quota_exhausted",
    "server_error",
    "token_expiry",
    "permission_denied",
    "slow_page",
    "late_row",
    "down",
)
DATA_KINDS = ("malformed_record", "null_key", "duplicate_record", "type_change")
REPLY_KINDS = ("truncated_page",)
UNTIL_CLEARED = ("down", "permission_denied")
KINDS = REQUEST_KINDS + DATA_KINDS + REPLY_KINDS


class InvalidFaultError(Exception):
    """A fault that was asked for with an unknown vendor, kind or value."""


@dataclass
class Fault:
    """One fault and how far it has got. `times` None: until cleared, or the next advance."""

    number: int
    vendor: str
    kind: str
    times: int | None = 1
    match: str = ""
    skip: int = 0
    seconds: float = 1.0
    field: str = ""
    share: float = 0.25
    seen: int = 0
    fired: int = 0
    echo: dict[str, Any] | None = attribute(default=None, repr=False)
    echo_place: str = ""

    @property
    def is_over(self) -> bool:
        if self.kind == "late_row":
            return self.fired > 0
        return self.times is not None and self.fired >= self.times and self.echo is None

    @property
    def is_firing(self) -> bool:
        return self.times is None or self.fired < self.times

    def public(self) -> dict[str, Any]:
        shown = asdict(self)
        del shown["echo"], shown["echo_place"]
        return shown


class FaultBook:
    """Pending faults of all vendors, in the order they were asked for."""

    def __init__(self, vendors: Collection[str]) -> None:
        self._vendors = vendors
        self._faults: list[Fault] = []
        self._fired: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(self, order: Mapping[str, Any]) -> Fault:
        """Plan a fault; raises InvalidFaultError with the allowed values."""
        unknown = set(order) - {
            "vendor", "kind", "times", "match", "skip", "seconds", "field", "share",
        }  # fmt: skip
        if unknown:
            raise InvalidFaultError(f"unknown key {sorted(unknown)[0]!r} in a fault")
        if order.get("vendor") not in self._vendors:
            known = ", ".join(sorted(self._vendors))
            raise InvalidFaultError(f"vendor {order.get('vendor')!r}: one of {known}")
        if order.get("kind") not in KINDS:
            raise InvalidFaultError(f"kind {order.get('kind')!r}: one of {', '.join(KINDS)}")
        share = order.get("share", 0.25)
        if not 0 < share <= 1:
            raise InvalidFaultError(f"share {share!r}: above 0, at most 1")
        values = dict(order)
        if order["kind"] in UNTIL_CLEARED:
            values["times"] = None
        elif order["kind"] == "late_row":
            values.setdefault("times", None)
        with self._lock:
            fault = Fault(number=next(self._numbers), **values)
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
            self._fired.clear()

    def status(self) -> dict[str, Any]:
        """Pending faults, and how often each vendor's kinds have fired."""
        with self._lock:
            return {
                "pending": [fault.public() for fault in self._faults],
                "fired": dict(self._fired),
            }

    def on_request(self, vendor: str, target: str) -> list[Fault]:
        """Faults that hit this request before it is answered."""
        return self._take(vendor, target, REQUEST_KINDS)

    def on_reply(self, vendor: str, target: str) -> list[Fault]:
        """Faults that cut this reply."""
        return self._take(vendor, target, REPLY_KINDS)

    def expects_reply(self, vendor: str, target: str) -> bool:
        """Whether a fault may want to change the reply to this request."""
        with self._lock:
            return any(
                fault.vendor == vendor and fault.kind in DATA_KINDS + REPLY_KINDS
                and fault.match in target
                for fault in self._faults
            )  # fmt: skip

    def damage(self, vendor: str, target: str, place: str, page: mutations.Page) -> bool:
        """Apply pending faults of data to a page; true where its records changed."""
        changed = False
        with self._lock:
            for fault in list(self._faults):
                if fault.vendor != vendor or fault.kind not in DATA_KINDS:
                    continue
                if fault.echo is not None:
                    if fault.echo_place == place + page.shape:
                        page.records.insert(0, fault.echo)
                        fault.echo = None
                        changed = True
                elif fault.match in target and fault.is_firing:
                    fault.seen += 1
                    if fault.seen > fault.skip and _apply(fault, place, page):
                        self._count(fault)
                        changed = True
                if fault.is_over:
                    self._faults.remove(fault)
        return changed

    def _take(self, vendor: str, target: str, kinds: tuple[str, ...]) -> list[Fault]:
        taken = []
        with self._lock:
            for fault in list(self._faults):
                if fault.vendor != vendor or fault.kind not in kinds or fault.match not in target:
                    continue
                fault.seen += 1
                if fault.seen > fault.skip and fault.is_firing:
                    self._count(fault)
                    taken.append(fault)
                if fault.is_over:
                    self._faults.remove(fault)
        return taken

    def _count(self, fault: Fault) -> None:
        fault.fired += 1
        name = f"{fault.vendor}.{fault.kind}"
        self._fired[name] = self._fired.get(name, 0) + 1


def _apply(fault: Fault, place: str, page: mutations.Page) -> bool:
    if fault.kind == "malformed_record":
        return mutations.malform(page.records, fault.field)
    if fault.kind == "null_key":
        return mutations.null_key(page.records, page.blank)
    if fault.kind == "type_change":
        return mutations.change_type(page.records, fault.field, fault.share)
    fault.echo = mutations.duplicate(page.records)
    fault.echo_place = place + page.shape
    return True
