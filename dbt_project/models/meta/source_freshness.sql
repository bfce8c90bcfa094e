{#- One row per raw table, counted in staging: records held, newest load that changed one. -#}

with

tables as (
    {{ staging_freshness() }}
)

select
    source,
    entity,
    cast(row_count as bigint) as row_count,
    last_loaded_at,
    waits_until,
    {{ as_of() }} as as_of
from tables
