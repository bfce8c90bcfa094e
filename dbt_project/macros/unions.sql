{#-
The live records of an entity over all sources that are on and offer it; without any, an empty
typed relation.

models: source -> model that holds the entity under its canonical column names.
columns: canonical column -> type.
-#}
{% macro unite(models, columns) -%}
    {%- set offered = [] -%}
    {%- for source_name in enabled_sources() if source_name in models -%}
        {%- do offered.append(source_name) -%}
    {%- endfor -%}
    {%- for source_name in offered %}
    select
        '{{ source_name }}' as source,
        {%- for column, type in columns.items() %}
        cast({{ column }} as {{ type }}) as {{ column }},
        {%- endfor %}
        _changed_run
    from {{ ref(models[source_name]) }}
    where not is_deleted
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
    {%- if not offered %}
    select
        cast(null as varchar) as source,
        {%- for column, type in columns.items() %}
        cast(null as {{ type }}) as {{ column }},
        {%- endfor %}
        cast(null as integer) as _changed_run
    where false
    {%- endif %}
{%- endmacro %}

{#-
Every id under which a record is known, with the key of the live record it stands for: itself, or
the one it was merged into; null for a deleted one. Merges are followed three times, which is as
deep as they have been seen. `_changed_run` is that of the record or of a merge on the way, so that
facts which point at a merged or deleted record can be found again.

models: source -> model with `<entity>_id`, is_deleted, merged_into_id (the survivor), merged_ids
(the records merged into this one, separated by semicolons).
-#}
{% macro live_keys(models, entity) -%}
    {%- set offered = [] -%}
    {%- for source_name in enabled_sources() if source_name in models -%}
        {%- do offered.append(source_name) -%}
    {%- endfor -%}
with

records as (
    {%- for source_name in offered %}
    select
        '{{ source_name }}' as source,
        {{ entity }}_id as record_id,
        cast(merged_into_id as varchar) as merged_into_id,
        cast(merged_ids as varchar) as merged_ids,
        is_deleted,
        _changed_run
    from {{ ref(models[source_name]) }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
    {%- if not offered %}
    select
        cast(null as varchar) as source,
        cast(null as varchar) as record_id,
        cast(null as varchar) as merged_into_id,
        cast(null as varchar) as merged_ids,
        cast(null as boolean) as is_deleted,
        cast(null as integer) as _changed_run
    where false
    {%- endif %}
),

merges as (
    select source, record_id, merged_into_id as survivor_id, _changed_run
    from records
    where merged_into_id is not null
    union all
    select source, {{ each_part('merged_ids', ';') }} as record_id, record_id, _changed_run
    from records
    where merged_ids <> ''
),

survivors as (
    select
        merges.source,
        merges.record_id,
        coalesce(
            third.survivor_id, second.survivor_id, first.survivor_id, merges.survivor_id
        ) as survivor_id,
        greatest(
            merges._changed_run,
            coalesce(first._changed_run, 0),
            coalesce(second._changed_run, 0),
            coalesce(third._changed_run, 0)
        ) as _changed_run
    from merges
    left join merges as first
        on merges.source = first.source and merges.survivor_id = first.record_id
    left join merges as second
        on first.source = second.source and first.survivor_id = second.record_id
    left join merges as third
        on second.source = third.source and second.survivor_id = third.record_id
),

known as (
    select source, record_id, record_id as survivor_id, false as is_merged, _changed_run
    from records
    union all
    select source, record_id, survivor_id, true, _changed_run
    from survivors
),

resolved as (
    select
        known.source,
        known.record_id,
        known.is_merged,
        case when live.record_id is not null then known.survivor_id end as survivor_id,
        greatest(known._changed_run, coalesce(live._changed_run, 0)) as _changed_run
    from known
    left join records as live
        on known.source = live.source
        and known.survivor_id = live.record_id
        and not live.is_deleted
)

select
    source,
    record_id as {{ entity }}_id,
    {{ surrogate_key(
        'source',
        'case when bool_or(is_merged) then max(case when is_merged then survivor_id end)'
        ~ ' else max(survivor_id) end'
    ) }} as {{ entity }}_key,
    max(_changed_run) as _changed_run
from resolved
group by source, record_id
{%- endmacro %}

{#- One row for each part of a separated text; for use in a select list. -#}
{% macro each_part(column, separator) -%}
    {{ adapter.dispatch('each_part', 'revlake')(column, separator) }}
{%- endmacro %}

{% macro default__each_part(column, separator) -%}
    explode(split({{ column }}, '{{ separator }}'))
{%- endmacro %}

{% macro duckdb__each_part(column, separator) -%}
    unnest(string_split({{ column }}, '{{ separator }}'))
{%- endmacro %}

{#-
All records of an entity over the sources that are on, deleted ones too: the given columns,
is_deleted and _changed_run. What incremental marts look for changes in.
-#}
{% macro all_versions_held(models, columns) -%}
    {%- set offered = [] -%}
    {%- for source_name in enabled_sources() if source_name in models -%}
        {%- do offered.append(source_name) -%}
    {%- endfor -%}
    {%- for source_name in offered %}
    select
        '{{ source_name }}' as source,
        {%- for column in columns %}
        cast({{ column }} as varchar) as {{ column }},
        {%- endfor %}
        is_deleted,
        _changed_run
    from {{ ref(models[source_name]) }}
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
    {%- if not offered %}
    select
        cast(null as varchar) as source,
        {%- for column in columns %}
        cast(null as varchar) as {{ column }},
        {%- endfor %}
        cast(null as boolean) as is_deleted,
        cast(null as integer) as _changed_run
    where false
    {%- endif %}
{%- endmacro %}
