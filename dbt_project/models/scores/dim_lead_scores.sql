with

scores as (
    select
        lead_key,
        sales_rep_key,
        scored_at,
        model_version,
        conversion_rate,
        score,
        grade,
        top_reasons
    from {{ ref('fct_lead_scoring_scores') }}
    where is_current
)

select
    lead_key,
    sales_rep_key,
    {{ local_date('scored_at') }} as scored_date,
    conversion_rate,
    score,
    grade,
    top_reasons,
    scored_at,
    model_version
from scores
