{{ unite(
    {'hubspot': 'int_marketing_engagements__hubspot'},
    {
        'event_id': 'varchar',
        'email_campaign_name': 'varchar',
        'email': 'varchar',
        'engagement_type': 'varchar',
        'occurred_at': 'timestamp',
    },
) }}
