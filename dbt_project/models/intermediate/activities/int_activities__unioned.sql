{{ unite(
    {
        'salesforce': 'int_activities__salesforce',
        'hubspot': 'int_activities__hubspot',
        'pipedrive': 'int_activities__pipedrive',
        'dynamics': 'int_activities__dynamics',
        'files': 'int_activities__files',
    },
    {
        'activity_id': 'varchar',
        'activity_type': 'varchar',
        'direction': 'varchar',
        'subject': 'varchar',
        'occurred_at': 'timestamp',
        'duration_seconds': 'bigint',
        'outcome': 'varchar',
        'is_completed': 'boolean',
        'owner_id': 'varchar',
        'account_id': 'varchar',
        'contact_id': 'varchar',
        'lead_id': 'varchar',
        'opportunity_id': 'varchar',
    },
) }}
