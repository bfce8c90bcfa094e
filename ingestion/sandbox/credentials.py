"""The demo credentials. They are fixed and public: they open the sandbox and nothing else."""

from importlib import import_module

from ingestion.sandbox.vendors import vendor_names


def connections(base_url: str) -> dict[str, dict[str, str]]:
    """Connection values of each vendor, named as the sources' connection models name them."""
    return {
        name: import_module(f"ingestion.sandbox.vendors.{name}.credentials").connection(
            f"{base_url}/{name}"
        )
        for name in vendor_names()
    }
