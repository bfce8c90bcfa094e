"""What runs Revlake: Dagster's assets and jobs, services, the command line."""

import gc

# Dagster, dbt and Great Expectations make objects by the hundred thousand that live as long as the
# process; at Python's own thresholds the collector walks them so often that a tenth of a refresh
# goes into it. Memory is the same: what is garbage by count of references goes at once.
gc.set_threshold(50_000, 20, 20)
