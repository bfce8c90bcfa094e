{#- What a company sets, read from the environment. These do not change from run to run. -#}

{% macro company_currency() -%}
    {{ env_var('REVLAKE_CURRENCY', 'USD') }}
{%- endmacro %}

{% macro company_time_zone() -%}
    {{ env_var('REVLAKE_TIME_ZONE', 'America/New_York') }}
{%- endmacro %}

{% macro fiscal_year_start_month() -%}
    {{ return(env_var('REVLAKE_FISCAL_YEAR_START_MONTH', '2') | int) }}
{%- endmacro %}

{#- The sources that are on, in the order that decides whose exchange rates count first. -#}
{% macro enabled_sources() -%}
    {{ return(env_var('REVLAKE_SOURCES', 'salesforce,hubspot,google_ads,files').split(',')) }}
{%- endmacro %}
