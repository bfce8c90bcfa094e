{#- Vendors' spellings of a forecast category in one vocabulary; an unknown one stays as it is. -#}
{% macro forecast_category(column) -%}
    case upper(replace(replace({{ column }}, ' ', ''), '_', ''))
        when 'PIPELINE' then 'Pipeline'
        when 'BESTCASE' then 'Best Case'
        when 'MOSTLIKELY' then 'Commit'
        when 'COMMIT' then 'Commit'
        when 'COMMITTED' then 'Commit'
        when 'FORECAST' then 'Commit'
        when 'CLOSED' then 'Closed'
        when 'WON' then 'Closed'
        when 'OMITTED' then 'Omitted'
        when 'OMIT' then 'Omitted'
        when 'LOST' then 'Omitted'
        else {{ column }}
    end
{%- endmacro %}

{#- The forecast category of a stage or deal by its probability, for vendors that have none. -#}
{% macro forecast_category_of(probability_rate, is_closed, is_won) -%}
    case
        when {{ is_won }} then 'Closed'
        when {{ is_closed }} then 'Omitted'
        when {{ probability_rate }} < 0.4 then 'Pipeline'
        when {{ probability_rate }} < 0.7 then 'Best Case'
        else 'Commit'
    end
{%- endmacro %}
