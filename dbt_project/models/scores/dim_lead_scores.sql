with

scores as (
    select
        lead_key,
        {{ utc('scored_at') }} as scored_at,
        model_version,
        conversion_rate,
        cast(score as integer) as score,
        grade,
        top_reasons,
        contributions
    from {{ source('ml', 'lead_scoring_current') }}
),

leads as (
    select
        lead_key,
        sales_rep_key
    from {{ ref('fct_leads') }}
    where not is_converted
)

select
    leads.lead_key,
    leads.sales_rep_key,
    {{ local_date('scores.scored_at') }} as scored_date,
    scores.conversion_rate,
    scores.score,
    scores.grade,
    scores.top_reasons,
    scores.contributions,
    scores.scored_at,
    scores.model_version
from leads
inner join scores
    on leads.lead_key = scores.lead_key
