with

predictions as (
    select
        opportunity_key,
        {{ utc('scored_at') }} as scored_at,
        model_version,
        win_rate,
        top_reasons,
        contributions
    from {{ source('ml', 'win_probability_predictions') }}
),

opportunities as (
    select
        opportunity_key,
        sales_rep_key
    from {{ ref('fct_opportunities') }}
),

numbered as (
    {# A repeated run may have written the same moment twice. #}
    select
        predictions.*,
        row_number() over (partition by opportunity_key, scored_at order by model_version desc)
            as repetition,
        scored_at = max(scored_at) over () as is_current
    from predictions
)

select
    numbered.opportunity_key,
    numbered.scored_at,
    numbered.model_version,
    numbered.win_rate,
    numbered.top_reasons,
    numbered.contributions,
    opportunities.sales_rep_key,
    numbered.is_current
from numbered
inner join opportunities
    on numbered.opportunity_key = opportunities.opportunity_key
where numbered.repetition = 1
