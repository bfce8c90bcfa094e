"""The vendors, found by their folders: `vendor.py` has VENDOR, `credentials.py` the demo keys."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.sandbox.vendor import Vendor

FOLDER = Path(__file__).parent


def vendor_names() -> tuple[str, ...]:
    return tuple(sorted(file.parent.name for file in FOLDER.glob("*/vendor.py")))


def vendors() -> "dict[str, Vendor]":
    """Every vendor by its folder's name."""
    return {name: import_module(f"{__name__}.{name}.vendor").VENDOR for name in vendor_names()}
