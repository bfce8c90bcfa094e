{{ config(materialized='table') }}

{{ live_keys(
    {
        'salesforce': 'stg_salesforce__accounts',
        'hubspot': 'stg_hubspot__companies',
        'files': 'stg_files__accounts',
    },
    'account',
) }}
