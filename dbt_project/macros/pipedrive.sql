{#- The stage of a Pipedrive deal: its own while it is open, one of its pipeline's ends when it is not. -#}
{% macro pipedrive_stage(status, pipeline_id, stage_id) -%}
    case
        when {{ status }} in ('won', 'lost') then {{ pipeline_id }} || '-' || {{ status }}
        else {{ stage_id }}
    end
{%- endmacro %}
