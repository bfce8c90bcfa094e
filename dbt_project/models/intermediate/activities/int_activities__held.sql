{#-
Every activity ever seen, deleted ones too, with what it points at: where changes are looked for.
-#}

{{ all_versions_held(
    {
        'salesforce': 'int_activities__salesforce',
        'hubspot': 'int_activities__hubspot',
        'pipedrive': 'int_activities__pipedrive',
        'dynamics': 'int_activities__dynamics',
        'files': 'int_activities__files',
    },
    ['activity_id', 'owner_id', 'account_id', 'contact_id', 'lead_id', 'opportunity_id'],
) }}
