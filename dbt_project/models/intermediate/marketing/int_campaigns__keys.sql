{#-
Every campaign id that records may name, with the key of the campaign it stands for. HubSpot and Pipedrive
name Google Ads campaigns by their own id, and a campaign of Salesforce or Dynamics may mirror one.
-#}
{{ config(materialized='table') }}

with

google_ads as (
    {{ unite({'google_ads': 'stg_google_ads__campaigns'}, {'campaign_id': 'varchar'}) }}
),

mirrors as (
    {{ unite(
        {
            'salesforce': 'stg_salesforce__campaigns',
            'dynamics': 'stg_dynamics__campaigns',
        },
        {'campaign_id': 'varchar', 'google_ads_campaign_id': 'varchar'},
    ) }}
),

unmirrored as (
    {{ unite(
        {
            'linkedin_ads': 'int_campaigns__linkedin_ads',
            'files': 'stg_files__campaigns',
        },
        {'campaign_id': 'varchar'},
    ) }}
)

select
    source,
    campaign_id,
    {{ surrogate_key('source', 'campaign_id') }} as campaign_key
from google_ads

union all

select
    crms.source,
    google_ads.campaign_id,
    {{ surrogate_key('google_ads.source', 'google_ads.campaign_id') }} as campaign_key
from google_ads
cross join (values ('hubspot'), ('pipedrive')) as crms (source)

union all

select
    mirrors.source,
    mirrors.campaign_id,
    coalesce(
        {{ surrogate_key('google_ads.source', 'google_ads.campaign_id') }},
        {{ surrogate_key('mirrors.source', 'mirrors.campaign_id') }}
    ) as campaign_key
from mirrors
left join google_ads
    on mirrors.google_ads_campaign_id = google_ads.campaign_id

union all

select
    source,
    campaign_id,
    {{ surrogate_key('source', 'campaign_id') }} as campaign_key
from unmirrored
