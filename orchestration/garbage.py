"""How often a process of Revlake's looks for cycles of garbage."""

import gc

THRESHOLDS = (50_000, 20, 20)


def collect_seldom() -> None:
    """For processes that load Dagster, dbt or Great Expectations, before they do.

    Those make objects by the hundred thousand that live as long as the process, and Python's own
    thresholds walk them so often that a tenth of a refresh goes into it. Memory stays as it is,
    for what nobody refers to goes at once.
    """
    gc.set_threshold(*THRESHOLDS)
