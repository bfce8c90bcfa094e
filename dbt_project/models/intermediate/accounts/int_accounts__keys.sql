{{ config(materialized='table') }}

{{ live_keys(
    {
        'salesforce': 'stg_salesforce__accounts',
        'hubspot': 'stg_hubspot__companies',
        'pipedrive': 'stg_pipedrive__organizations',
        'dynamics': 'stg_dynamics__accounts',
        'files': 'stg_files__accounts',
    },
    'account',
) }}
