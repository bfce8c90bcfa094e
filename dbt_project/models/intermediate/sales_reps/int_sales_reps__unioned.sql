{{ unite(
    {
        'salesforce': 'int_sales_reps__salesforce',
        'hubspot': 'int_sales_reps__hubspot',
        'pipedrive': 'int_sales_reps__pipedrive',
        'dynamics': 'int_sales_reps__dynamics',
        'files': 'int_sales_reps__files',
    },
    {
        'sales_rep_id': 'varchar',
        'version_at': 'timestamp',
        'rep_name': 'varchar',
        'rep_username': 'varchar',
        'role': 'varchar',
        'team_name': 'varchar',
        'region_name': 'varchar',
        'manager_id': 'varchar',
        'manager_name': 'varchar',
        'hired_date': 'date',
        'is_active': 'boolean',
        'is_removed': 'boolean',
    },
) }}
