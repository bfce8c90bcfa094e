{#- Every engagement ever seen, deleted ones too: where changes are looked for. -#}

{{ all_versions_held({'hubspot': 'int_marketing_engagements__hubspot'}, ['event_id', 'email']) }}
