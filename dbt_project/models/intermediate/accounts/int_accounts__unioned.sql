{{ unite(
    {
        'salesforce': 'stg_salesforce__accounts',
        'hubspot': 'stg_hubspot__companies',
        'pipedrive': 'stg_pipedrive__organizations',
        'dynamics': 'stg_dynamics__accounts',
        'files': 'stg_files__accounts',
    },
    {
        'account_id': 'varchar',
        'account_name': 'varchar',
        'industry': 'varchar',
        'segment': 'varchar',
        'employee_count': 'bigint',
        'annual_revenue_amount': 'decimal(18, 2)',
        'country': 'varchar',
        'region_name': 'varchar',
        'website': 'varchar',
        'owner_id': 'varchar',
        'created_at': 'timestamp',
        'custom_fields': 'varchar',
    },
) }}
