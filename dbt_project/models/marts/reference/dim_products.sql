select
    {{ surrogate_key('source', 'product_id') }} as product_key,
    product_id,
    source,
    product_name,
    product_family,
    list_price_amount
from {{ ref('int_products__unioned') }}
