{{ config(materialized='table') }}

{{ live_keys(
    {
        'salesforce': 'stg_salesforce__contacts',
        'hubspot': 'int_contacts__hubspot',
        'pipedrive': 'stg_pipedrive__persons',
        'dynamics': 'stg_dynamics__contacts',
        'files': 'stg_files__contacts',
    },
    'contact',
) }}
