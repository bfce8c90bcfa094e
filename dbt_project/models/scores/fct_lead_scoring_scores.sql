with

predictions as (
    select
        lead_key,
        {{ utc('scored_at') }} as scored_at,
        model_version,
        conversion_rate,
        score,
        grade,
        top_reasons,
        contributions
    from {{ source('ml', 'lead_scoring_predictions') }}
),

leads as (
    select
        lead_key,
        sales_rep_key
    from {{ ref('fct_leads') }}
),

numbered as (
    {# A repeated run may have written the same moment twice. #}
    select
        predictions.*,
        row_number() over (partition by lead_key, scored_at order by model_version desc)
            as repetition,
        scored_at = max(scored_at) over () as is_current
    from predictions
)

select
    numbered.lead_key,
    numbered.scored_at,
    numbered.model_version,
    numbered.conversion_rate,
    cast(numbered.score as integer) as score,
    numbered.grade,
    numbered.top_reasons,
    numbered.contributions,
    leads.sales_rep_key,
    numbered.is_current
from numbered
inner join leads
    on numbered.lead_key = leads.lead_key
where numbered.repetition = 1
