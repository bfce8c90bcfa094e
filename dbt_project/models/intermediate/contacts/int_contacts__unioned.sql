{{ unite(
    {
        'salesforce': 'stg_salesforce__contacts',
        'hubspot': 'int_contacts__hubspot',
        'pipedrive': 'stg_pipedrive__persons',
        'dynamics': 'stg_dynamics__contacts',
        'files': 'stg_files__contacts',
    },
    {
        'contact_id': 'varchar',
        'account_id': 'varchar',
        'contact_name': 'varchar',
        'email': 'varchar',
        'phone': 'varchar',
        'title': 'varchar',
        'created_at': 'timestamp',
        'custom_fields': 'varchar',
    },
) }}
