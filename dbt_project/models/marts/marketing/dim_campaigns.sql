select
    campaign_key,
    campaign_id,
    source,
    campaign_name,
    channel,
    status,
    start_date,
    end_date,
    budget_amount
from {{ ref('int_campaigns__unioned') }}
