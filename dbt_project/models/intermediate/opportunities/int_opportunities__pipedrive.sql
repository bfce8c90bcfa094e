{{ config(enabled='pipedrive' in enabled_sources()) }}

{#-
A Pipedrive deal that is won or lost stays in its last stage; here it is in a stage of its own, as with
other vendors. Its product is the first of those attached to it.
-#}

with

products as (
    select
        opportunity_id,
        min_by(product_id, line_order) filter (where not is_deleted) as product_id,
        max(_changed_run) as _changed_run
    from {{ ref('stg_pipedrive__deal_products') }}
    group by opportunity_id
)

select
    deals.opportunity_id,
    deals.account_id,
    deals.owner_id,
    deals.contact_id,
    products.product_id,
    deals.campaign_id,
    deals.opportunity_name,
    deals.opportunity_type,
    {{ pipedrive_stage('deals.status', 'deals.pipeline_id', 'deals.stage_id') }} as stage_id,
    deals.amount_original,
    deals.currency_code,
    case
        when deals.is_won then 1.0
        when deals.is_closed then 0.0
        else coalesce(deals.probability_rate, stages.probability_rate)
    end as probability_rate,
    coalesce(
        deals.forecast_category,
        {{ forecast_category_of(
            'coalesce(deals.probability_rate, stages.probability_rate)',
            'deals.is_closed',
            'deals.is_won',
        ) }}
    ) as forecast_category,
    deals.created_at,
    case
        when deals.is_closed
            then coalesce(deals.local_close_date, {{ local_date('deals.close_at') }})
        else deals.expected_close_date
    end as close_date,
    cast(null as timestamp) as closed_at,
    cast(null as date) as known_until,
    deals.is_closed,
    deals.is_won,
    deals.lead_source,
    deals.loss_reason,
    deals.competitor_name,
    deals.next_step,
    deals.custom_fields,
    deals.is_deleted,
    greatest(deals._changed_run, coalesce(products._changed_run, 0)) as _changed_run
from {{ ref('stg_pipedrive__deals') }} as deals
left join products
    on deals.opportunity_id = products.opportunity_id
left join {{ ref('stg_pipedrive__stages') }} as stages
    on deals.stage_id = stages.stage_id
