{{ config(materialized='table') }}

{{ live_keys(
    {
        'salesforce': 'stg_salesforce__contacts',
        'hubspot': 'int_contacts__hubspot',
        'files': 'stg_files__contacts',
    },
    'contact',
) }}
