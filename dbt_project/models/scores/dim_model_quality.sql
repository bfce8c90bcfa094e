{#- Of all measures the few that say how good a model is, named as a reader would. -#}

with

labels as (
    select
        named.model,
        named.metric,
        named.model_label,
        named.metric_label,
        named.position
    from (
        values
        ('lead_scoring', 'auc', 'Lead score', 'Ranking (AUC)', 1),
        ('lead_scoring', 'brier', 'Lead score', 'Probability error (Brier)', 2),
        ('win_probability', 'auc', 'Win probability', 'Ranking (AUC)', 3),
        ('win_probability', 'brier', 'Win probability', 'Probability error (Brier)', 4),
        ('forecasting', 'wape_month_current', 'Revenue forecast', 'Error, month (WAPE)', 5),
        ('forecasting', 'wape_quarter_current', 'Revenue forecast', 'Error, quarter (WAPE)', 6),
        ('forecasting', 'wape_quarter_next', 'Revenue forecast', 'Error, next quarter (WAPE)', 7)
    ) as named (model, metric, model_label, metric_label, position)
),

evaluations as (
    select
        model,
        metric,
        value,
        baseline_name,
        baseline_value,
        model_version,
        evaluated_at,
        evaluated_at = max(evaluated_at) over (partition by model) as is_newest
    from {{ ref('fct_model_evaluations') }}
    where is_champion
)

select
    md5(
        evaluations.model
        || '|' || evaluations.metric
        || '|' || coalesce(evaluations.baseline_name, '')
    ) as model_quality_key,
    labels.model_label,
    labels.metric_label,
    labels.position,
    upper(left(evaluations.baseline_name, 1))
    || replace(substr(evaluations.baseline_name, 2), '_', ' ') as baseline_label,
    evaluations.value,
    evaluations.baseline_value,
    evaluations.model_version,
    evaluations.evaluated_at
from evaluations
inner join labels
    on evaluations.model = labels.model
    and evaluations.metric = labels.metric
where
    evaluations.is_newest
    and evaluations.baseline_value is not null
