"""Price books and their entries: list prices in each currency, lower where a partner sells."""

from ingestion.sandbox.store import ALWAYS
from ingestion.sandbox.vendors.salesforce.sobject import SObject, fields, references

BOOKS = """(values
    (1, 'Standard Price Book', true, 1.00),
    (2, 'Partner Price Book', false, 0.85)
) as books (book_n, name, is_standard, factor)"""
# Partners implement the deals that are sold at their prices.
BOOK_OF_DEAL = "1 + (opportunity_n * 104729) % 2"
ENTRIES = f"""(
    select
        product_n, book_n, currency_code, products.name as name, code,
        round(list_price * factor * units_per_usd, 2) as price
    from products
    cross join {BOOKS}
    cross join (
        select currency_code, arg_min(units_per_usd, start_date) as units_per_usd
        from exchange_rates
        group by currency_code
    ) as currencies
)"""


def entry_number(product: str, book: str, currency: str) -> str:
    """SQL of an entry's number, from a product, a book and the three letters of a currency."""
    letters = " + ".join(
        f"(ascii(substr({currency}, {place}, 1)) - 65) * {weight}"
        for place, weight in ((1, 676), (2, 26), (3, 1))
    )
    return f"({product}) * 10000000 + ({book}) * 100000 + {letters}"


PRICES = (
    SObject(
        "Pricebook2", "01s", BOOKS, "book_n",
        fields("string", Name="name", Description="cast(null as varchar)")
        + fields("boolean", IsActive="true", IsArchived="false", IsStandard="is_standard"),
        version_at=ALWAYS,
        created_at=ALWAYS,
        is_deleted="false",
    ),
    SObject(
        "PricebookEntry", "01u", ENTRIES, entry_number("product_n", "book_n", "currency_code"),
        references(Pricebook2Id=("01s", "book_n"), Product2Id=("01t", "product_n"))
        + fields("string", Name="name", ProductCode="code")
        + fields("picklist", CurrencyIsoCode="currency_code")
        + fields("currency", UnitPrice="price")
        + fields("boolean", IsActive="true", IsArchived="false", UseStandardPrice="false"),
        version_at=ALWAYS,
        created_at=ALWAYS,
        is_deleted="false",
    ),
)  # fmt: skip
