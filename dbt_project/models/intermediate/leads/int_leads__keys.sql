{{ config(materialized='table') }}

{{ live_keys(
    {
        'salesforce': 'stg_salesforce__leads',
        'hubspot': 'int_leads__hubspot',
        'pipedrive': 'int_leads__pipedrive',
        'dynamics': 'stg_dynamics__leads',
        'files': 'stg_files__leads',
    },
    'lead',
) }}
