{#-
The instant of the run, a UTC timestamp. It is read only while executing: an environment variable
read while parsing makes dbt parse the models again whenever it changes, which is on every run.
-#}
{% macro as_of() -%}
    timestamp '{{ as_of_text() }}'
{%- endmacro %}

{% macro as_of_text() -%}
    {%- if not execute -%}
        {{ return('1970-01-01 00:00:00') }}
    {%- endif -%}
    {%- set text = env_var('REVLAKE_AS_OF', '') -%}
    {%- if not text -%}
        {{ exceptions.raise_compiler_error(
            'REVLAKE_AS_OF is not set: give the instant of the run, e.g. 2026-11-18T10:00:00Z'
        ) }}
    {%- endif -%}
    {%- set instant = modules.datetime.datetime.fromisoformat(text.replace('Z', '+00:00')) -%}
    {%- if instant.utcoffset() is none -%}
        {{ exceptions.raise_compiler_error(
            'REVLAKE_AS_OF has no UTC offset: ' ~ text ~ '; write e.g. 2026-11-18T10:00:00Z'
        ) }}
    {%- endif -%}
    {{ return((instant - instant.utcoffset()).strftime('%Y-%m-%d %H:%M:%S.%f')) }}
{%- endmacro %}

{#- The date of the run in the company's time zone. -#}
{% macro as_of_date() -%}
    {{ local_date(as_of()) }}
{%- endmacro %}

{#- A vendor's instant (timestamp with time zone) as a UTC timestamp. -#}
{% macro utc(instant) -%}
    {{ adapter.dispatch('utc', 'revlake')(instant) }}
{%- endmacro %}

{% macro default__utc(instant) -%}
    cast({{ instant }} as timestamp)
{%- endmacro %}

{% macro duckdb__utc(instant) -%}
    timezone('UTC', {{ instant }})
{%- endmacro %}

{#- The date of a UTC timestamp in the company's time zone. -#}
{% macro local_date(utc_timestamp) -%}
    {{ adapter.dispatch('local_date', 'revlake')(utc_timestamp) }}
{%- endmacro %}

{% macro default__local_date(utc_timestamp) -%}
    cast(from_utc_timestamp({{ utc_timestamp }}, '{{ company_time_zone() }}') as date)
{%- endmacro %}

{% macro duckdb__local_date(utc_timestamp) -%}
    cast(timezone('{{ company_time_zone() }}', timezone('UTC', {{ utc_timestamp }})) as date)
{%- endmacro %}

{#- The UTC timestamp at which a date begins in the company's time zone. -#}
{% macro start_of_local_date(day) -%}
    {{ adapter.dispatch('start_of_local_date', 'revlake')(day) }}
{%- endmacro %}

{% macro default__start_of_local_date(day) -%}
    to_utc_timestamp({{ day }}, '{{ company_time_zone() }}')
{%- endmacro %}

{% macro duckdb__start_of_local_date(day) -%}
    timezone('UTC', timezone('{{ company_time_zone() }}', cast({{ day }} as timestamp)))
{%- endmacro %}

{#- Whole days from one date to another. -#}
{% macro days_from(start_date, end_date) -%}
    {{ adapter.dispatch('days_from', 'revlake')(start_date, end_date) }}
{%- endmacro %}

{% macro default__days_from(start_date, end_date) -%}
    datediff({{ end_date }}, {{ start_date }})
{%- endmacro %}

{% macro duckdb__days_from(start_date, end_date) -%}
    cast({{ end_date }} - {{ start_date }} as integer)
{%- endmacro %}

{#- Whole seconds from one UTC timestamp to another. -#}
{% macro elapsed_seconds(start_at, end_at) -%}
    {{ adapter.dispatch('elapsed_seconds', 'revlake')(start_at, end_at) }}
{%- endmacro %}

{% macro default__elapsed_seconds(start_at, end_at) -%}
    (unix_timestamp({{ end_at }}) - unix_timestamp({{ start_at }}))
{%- endmacro %}

{% macro duckdb__elapsed_seconds(start_at, end_at) -%}
    date_diff('second', {{ start_at }}, {{ end_at }})
{%- endmacro %}

{#- Days, with fractions, from one UTC timestamp to another. -#}
{% macro elapsed_days(start_at, end_at) -%}
    cast({{ elapsed_seconds(start_at, end_at) }} / 86400.0 as double)
{%- endmacro %}

{#- One row for each day from the first date to the last, both included; for use in a select list. -#}
{% macro each_day(first_date, last_date) -%}
    {{ adapter.dispatch('each_day', 'revlake')(first_date, last_date) }}
{%- endmacro %}

{% macro default__each_day(first_date, last_date) -%}
    explode(sequence({{ first_date }}, {{ last_date }}))
{%- endmacro %}

{% macro duckdb__each_day(first_date, last_date) -%}
    cast(unnest(generate_series({{ first_date }}, {{ last_date }}, interval 1 day)) as date)
{%- endmacro %}

{#-
The date that an instant stands for where a vendor keeps dates as instants: midnight UTC is a date
without a time, anything else is a moment whose date is the company's.
-#}
{% macro date_of_instant(utc_timestamp) -%}
    case
        when {{ utc_timestamp }} = date_trunc('day', {{ utc_timestamp }})
            then cast({{ utc_timestamp }} as date)
        else {{ local_date(utc_timestamp) }}
    end
{%- endmacro %}

{#- The date in a text of Dataverse's audit: `11/18/2026 00:00:00`, or ISO. -#}
{% macro date_of_audit(column) -%}
    case
        when {{ column }} like '____-__-__%' then cast(substr({{ column }}, 1, 10) as date)
        when {{ column }} like '__/__/____%'
            then cast(
                substr({{ column }}, 7, 4) || '-' || substr({{ column }}, 1, 2)
                || '-' || substr({{ column }}, 4, 2) as date
            )
    end
{%- endmacro %}

{#- The UTC timestamp in a text that is an ISO instant or milliseconds since 1970. -#}
{% macro timestamp_of_text(column) -%}
    case
        when {{ column }} like '____-__-__%' then {{ utc('cast(' ~ column ~ ' as ' ~ instant_type() ~ ')') }}
        when {{ column }} <> '' then {{ milliseconds_to_timestamp(column) }}
    end
{%- endmacro %}

{% macro instant_type() -%}
    {{ return(adapter.dispatch('instant_type', 'revlake')()) }}
{%- endmacro %}

{% macro default__instant_type() -%}
    {{ return('timestamp') }}
{%- endmacro %}

{% macro duckdb__instant_type() -%}
    {{ return('timestamptz') }}
{%- endmacro %}

{% macro milliseconds_to_timestamp(column) -%}
    {{ adapter.dispatch('milliseconds_to_timestamp', 'revlake')(column) }}
{%- endmacro %}

{% macro default__milliseconds_to_timestamp(column) -%}
    timestamp_millis(cast({{ column }} as bigint))
{%- endmacro %}

{% macro duckdb__milliseconds_to_timestamp(column) -%}
    epoch_ms(cast({{ column }} as bigint))
{%- endmacro %}

{#- Monday is 1, Sunday 7. -#}
{% macro iso_weekday(day) -%}
    {{ adapter.dispatch('iso_weekday', 'revlake')(day) }}
{%- endmacro %}

{% macro default__iso_weekday(day) -%}
    weekday({{ day }}) + 1
{%- endmacro %}

{% macro duckdb__iso_weekday(day) -%}
    cast(isodow({{ day }}) as integer)
{%- endmacro %}

{#- January, February, … -#}
{% macro month_name(day) -%}
    {{ adapter.dispatch('month_name', 'revlake')(day) }}
{%- endmacro %}

{% macro default__month_name(day) -%}
    date_format({{ day }}, 'MMMM')
{%- endmacro %}

{% macro duckdb__month_name(day) -%}
    monthname({{ day }})
{%- endmacro %}
