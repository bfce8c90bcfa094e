{{ config(materialized='table') }}

{{ live_keys(
    {
        'salesforce': 'stg_salesforce__leads',
        'hubspot': 'int_leads__hubspot',
        'files': 'stg_files__leads',
    },
    'lead',
) }}
