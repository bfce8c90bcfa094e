{{ config(materialized='table') }}

{#- A CRM's campaign that mirrors a Google Ads campaign is that campaign, not another one. -#}

with

campaigns as (
    {{ unite(
        {
            'google_ads': 'stg_google_ads__campaigns',
            'linkedin_ads': 'int_campaigns__linkedin_ads',
            'salesforce': 'stg_salesforce__campaigns',
            'dynamics': 'stg_dynamics__campaigns',
            'files': 'stg_files__campaigns',
        },
        {
            'campaign_id': 'varchar',
            'campaign_name': 'varchar',
            'channel': 'varchar',
            'status': 'varchar',
            'start_date': 'date',
            'end_date': 'date',
            'budget_amount': 'decimal(18, 2)',
        },
    ) }}
),

mirrored as (
    select * from {{ ref('int_campaigns__keys') }}
)

select
    mirrored.campaign_key,
    campaigns.*
from campaigns
inner join mirrored
    on campaigns.source = mirrored.source
    and campaigns.campaign_id = mirrored.campaign_id
where mirrored.campaign_key = {{ surrogate_key('campaigns.source', 'campaigns.campaign_id') }}
