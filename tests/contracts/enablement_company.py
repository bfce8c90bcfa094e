"""A company of a few rows whose representatives share content, for enablement systems."""

from typing import Any

from tests.contracts.sandbox_server import Rows, account, at, contact, opportunity, user

SF, DYN, HS, PD = "salesforce", "dynamics", "hubspot", "pipedrive"
STAGES = ("Qualification", "Discovery", "Proposal", "Negotiation")


def deal(number: int, crm: str, began: str, **values: Any) -> list[dict[str, Any]]:
    """A deal that passes the four stages, a week each, in the month from `began` on (yyyy-mm)."""
    days = (1, 8, 15, 22)
    return [
        opportunity(
            number, crm, f"{began}-{day:02} 09:00",
            stage=stage, created_at=at(f"{began}-01 09:00"), **values,
        )
        for day, stage in zip(days, STAGES, strict=True)
    ]  # fmt: skip


def product(number: int, name: str) -> dict[str, Any]:
    return {"product_n": number, "name": name, "family": "Platform", "code": f"P{number}"}


ROWS: Rows = {
    "users": [
        user(1, SF, first_name="翔", last_name="渡辺", manager_n=2, region_name="North America"),
        user(2, SF, role="Director", region_name="North America"),
        user(3, DYN, region_name="EMEA"),
        user(4, HS, first_name="Zoë"),
        user(4, HS, first_name="Zoë", version_at=at("2026-11-18 12:00"), is_active=False),
        user(5, PD, region_name="LATAM"),
    ],
    "accounts": [account(1, SF, "2026-01-01")],
    "contacts": [
        contact(1, SF, "2026-01-02", email="Ana.Contact@Acme.Example"),
        contact(2, SF, "2026-01-03", first_name="花子"),
    ],
    "products": [product(1, "Meridia Core"), product(2, "Meridia Growth 成長")],
    "opportunities": [
        row
        for number in range(1, 13)
        for row in deal(
            number,
            (SF, DYN, HS, PD)[number % 4],
            "2026-11" if number > 8 else "2026-09",
            owner_n=(1, 3, 4, 5)[number % 4],
            product_n=1 + number % 2,
            name=f"Geschäft {number}",
        )
    ],
}
