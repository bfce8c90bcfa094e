{#-
The rows of a raw change log that may change a staging table: of each key the newest version by
(_version_at, _loaded_at), a tombstone before a row of the same instants, and only when it is not
older than the version already held. On an incremental run only loads after the newest one held are read.

keys: raw column -> staging column, in the order of the model's unique_key.
-#}
{% macro newest_versions(relation, keys) -%}
    select versions.*
    from (
        {{ first_of_each(
            relation,
            keys.keys() | list,
            ['_version_at desc', '_loaded_at desc', '_deleted desc', '_dlt_load_id desc'],
            "_dlt_load_id > '" ~ newest_load_held() ~ "'" if is_incremental() else none,
        ) }}
    ) as versions
    {%- if is_incremental() %}
    left join {{ this }} as held
        on {% for raw, staged in keys.items() -%}
            versions.{{ raw }} = held.{{ staged }}{{ ' and ' if not loop.last }}
        {%- endfor %}
    where held._version_at is null
        or held._version_at < {{ utc('versions._version_at') }}
        or (
            held._version_at = {{ utc('versions._version_at') }}
            and held._loaded_at <= {{ utc('versions._loaded_at') }}
        )
    {%- endif %}
{%- endmacro %}

{#- A literal, so that Delta's file statistics can skip the loads before it. -#}
{% macro newest_load_held() -%}
    {%- if execute -%}
        {%- set query = 'select max(_dlt_load_id) from ' ~ this -%}
        {{ return(run_query(query).columns[0].values()[0] or '') }}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}

{#- A literal for the same reason; the newest scoring is read again, for it may have been repeated. -#}
{% macro newest_score_held() -%}
    {%- if execute -%}
        {%- set query = 'select max(scored_at) from ' ~ this -%}
        {{ return((run_query(query).columns[0].values()[0] or '1970-01-01') ~ '+00') }}
    {%- endif -%}
    {{ return('1970-01-01') }}
{%- endmacro %}

{#- The first row of each key in the given order. -#}
{% macro first_of_each(relation, keys, ordering, condition=none) -%}
    {{ adapter.dispatch('first_of_each', 'revlake')(relation, keys, ordering, condition) }}
{%- endmacro %}

{% macro default__first_of_each(relation, keys, ordering, condition) -%}
    select *
    from {{ relation }}
    {%- if condition %}
    where {{ condition }}
    {%- endif %}
    qualify row_number() over (
        partition by {{ keys | join(', ') }} order by {{ ordering | join(', ') }}
    ) = 1
{%- endmacro %}

{#- The columns that every staging model ends with. -#}
{% macro version_columns() -%}
    _deleted as is_deleted,
    {{ utc('_version_at') }} as _version_at,
    {{ utc('_loaded_at') }} as _loaded_at,
    _dlt_load_id,
    {{ this_run() }} as _changed_run
{%- endmacro %}
