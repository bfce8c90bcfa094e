with

contacts as (
    select * from {{ ref('int_contacts__unioned') }}
),

keys as (
    select * from {{ ref('int_contacts__keys') }}
),

account_keys as (
    select * from {{ ref('int_accounts__keys') }}
)

select
    keys.contact_key,
    contacts.contact_id,
    contacts.source,
    account_keys.account_key,
    contacts.contact_name,
    contacts.email,
    contacts.title,
    contacts.created_at,
    contacts.custom_fields
from contacts
inner join keys
    on contacts.source = keys.source
    and contacts.contact_id = keys.contact_id
left join account_keys
    on contacts.source = account_keys.source
    and contacts.account_id = account_keys.account_id
where keys.contact_key = {{ surrogate_key('contacts.source', 'contacts.contact_id') }}
