"""The application that gunicorn serves.

The first start initialises the metadata database in the same process, because loading Superset a
second time would cost more than the initialisation itself.
"""

from typing import Any

from bootstrap import load_application


def application() -> Any:
    """Superset, ready to serve."""
    return load_application()
