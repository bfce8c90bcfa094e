{{ unite(
    {
        'google_ads': 'stg_google_ads__campaign_daily',
        'linkedin_ads': 'int_campaign_spend__linkedin_ads',
    },
    {
        'campaign_id': 'varchar',
        'spend_date': 'date',
        'cost_original': 'decimal(18, 2)',
        'impression_count': 'bigint',
        'click_count': 'bigint',
        'conversion_count': 'double',
        'currency_code': 'varchar',
    },
) }}
