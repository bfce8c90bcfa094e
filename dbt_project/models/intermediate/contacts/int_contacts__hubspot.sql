{{ config(enabled='hubspot' in enabled_sources()) }}

select
    contact_id,
    account_id,
    contact_name,
    email,
    phone,
    title,
    merged_into_id,
    merged_ids,
    created_at,
    custom_fields,
    is_deleted or (lead_source is not null and converted_at is null) as is_deleted,
    _changed_run
from {{ ref('stg_hubspot__contacts') }}
