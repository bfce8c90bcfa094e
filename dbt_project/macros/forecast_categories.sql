{#- Vendors' spellings of a forecast category in one vocabulary; an unknown one stays as it is. -#}
{% macro forecast_category(column) -%}
    case upper(replace(replace({{ column }}, ' ', ''), '_', ''))
        when 'PIPELINE' then 'Pipeline'
        when 'BESTCASE' then 'Best Case'
        when 'MOSTLIKELY' then 'Commit'
        when 'COMMIT' then 'Commit'
        when 'FORECAST' then 'Commit'
        when 'CLOSED' then 'Closed'
        when 'OMITTED' then 'Omitted'
        when 'OMIT' then 'Omitted'
        else {{ column }}
    end
{%- endmacro %}
