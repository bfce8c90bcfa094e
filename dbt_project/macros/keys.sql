{#- Surrogate key of a source's record: null when the id is null. -#}
{% macro surrogate_key(source_column, id_column) -%}
    md5({{ source_column }} || '|' || {{ id_column }})
{%- endmacro %}

{#- Key of the member that stands for a missing owner. -#}
{% macro unassigned_rep_key() -%}
    md5('revlake|unassigned|1900-01-01')
{%- endmacro %}
