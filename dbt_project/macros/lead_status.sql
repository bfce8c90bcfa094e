{#- HubSpot's internal names of a lead's status in the words that Salesforce uses. -#}
{% macro lead_status(column) -%}
    case upper(replace({{ column }}, ' ', '_'))
        when 'NEW' then 'New'
        when 'OPEN' then 'New'
        when 'IN_PROGRESS' then 'Working'
        when 'WORKING' then 'Working'
        when 'ATTEMPTED_TO_CONTACT' then 'Working'
        when 'CONNECTED' then 'Qualified'
        when 'BAD_TIMING' then 'Nurturing'
        when 'NURTURING' then 'Nurturing'
        when 'OPEN_DEAL' then 'Converted'
        when 'QUALIFIED' then 'Qualified'
        when 'UNQUALIFIED' then 'Disqualified'
        when 'DISQUALIFIED' then 'Disqualified'
        when 'CONVERTED' then 'Converted'
        else {{ column }}
    end
{%- endmacro %}
