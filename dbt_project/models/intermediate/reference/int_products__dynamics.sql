{{ config(enabled='dynamics' in enabled_sources()) }}

select
    product_id,
    product_name,
    product_family,
    list_price_amount,
    is_deleted or is_family as is_deleted,
    _changed_run
from {{ ref('stg_dynamics__products') }}
