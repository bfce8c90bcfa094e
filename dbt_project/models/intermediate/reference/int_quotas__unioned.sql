{{ unite(
    {
        'salesforce': 'stg_salesforce__quotas',
        'hubspot': 'stg_hubspot__goal_targets',
        'pipedrive': 'int_quotas__pipedrive',
        'dynamics': 'int_quotas__dynamics',
    },
    {
        'quota_id': 'varchar',
        'owner_id': 'varchar',
        'quota_month': 'date',
        'quota_amount_original': 'decimal(18, 2)',
        'currency_code': 'varchar',
    },
) }}
