{#-
Join condition: the version of a record's owner that was valid on a date.
`reps` is an alias of int_sales_reps__versions.
-#}
{% macro rep_valid_on(reps, source, owner_id, day) -%}
    {{ source }} = {{ reps }}.source
    and {{ owner_id }} = {{ reps }}.sales_rep_id
    and {{ day }} >= {{ reps }}.valid_from
    and {{ day }} < coalesce({{ reps }}.valid_to, cast('9999-12-31' as date))
{%- endmacro %}
