"""The application that gunicorn serves.

The first start initialises the metadata database in the same process, because loading Superset a
second time would cost more than the initialisation itself.
"""

from typing import Any

from bootstrap import load_application

# Together they use what Superset's language for times has, but for its list of holidays.
EXPRESSIONS = (
    "DATETRUNC(DATEADD(DATETIME('today'), -1, month), month)",
    "LASTDAY(DATETIME('today'), month)",
    "DATEDIFF(DATETIME('today'), DATETIME('today'), day)",
)


def application() -> Any:
    """Superset, ready to serve."""
    app = load_application()
    ready_time_expressions()
    return app


def ready_time_expressions() -> None:
    """Use the parser of times once, before threads do.

    pyparsing readies a grammar during its first use and has no lock for that: of the first charts
    that a new worker answered side by side, some failed with "Expected ',', found 'month'".
    """
    from superset.utils.date_parser import datetime_eval, datetime_parser

    datetime_parser().streamline()
    for expression in EXPRESSIONS:
        datetime_eval(expression)
