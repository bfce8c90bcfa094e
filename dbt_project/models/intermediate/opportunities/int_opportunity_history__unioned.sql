{{ unite(
    {
        'salesforce': 'stg_salesforce__opportunity_history',
        'hubspot': 'int_opportunity_history__hubspot',
        'pipedrive': 'int_opportunity_history__pipedrive',
        'dynamics': 'int_opportunity_history__dynamics',
        'files': 'int_opportunity_history__files',
    },
    {
        'history_id': 'varchar',
        'opportunity_id': 'varchar',
        'stage_id': 'varchar',
        'amount_original': 'decimal(18, 2)',
        'probability_rate': 'double',
        'forecast_category': 'varchar',
        'close_date': 'date',
        'changed_at': 'timestamp',
    },
) }}
