{#-
Every opportunity ever seen, deleted ones too, with the last run in which something changed that its
history marts show: itself, its history, its owner, its currency's rates or its source's stages.
-#}
{{ config(materialized='table') }}

with

opportunities as (
    {{ all_versions_held(
        {
            'salesforce': 'stg_salesforce__opportunities',
            'hubspot': 'stg_hubspot__deals',
            'pipedrive': 'int_opportunities__pipedrive',
            'dynamics': 'int_opportunities__dynamics',
            'files': 'stg_files__opportunities',
        },
        ['opportunity_id', 'owner_id', 'currency_code'],
    ) }}
),

history as (
    {{ all_versions_held(
        {
            'salesforce': 'stg_salesforce__opportunity_history',
            'hubspot': 'stg_hubspot__deal_history',
            'pipedrive': 'stg_pipedrive__deal_history',
            'dynamics': 'int_opportunity_history__dynamics',
            'files': 'stg_files__stage_history',
        },
        ['opportunity_id'],
    ) }}
),

history_runs as (
    select
        source,
        opportunity_id,
        max(_changed_run) as _changed_run
    from history
    group by source, opportunity_id
),

rep_runs as (
    select
        source,
        sales_rep_id,
        max(_changed_run) as _changed_run
    from {{ ref('int_sales_reps__versions') }}
    group by source, sales_rep_id
),

rate_runs as (
    select
        currency_code,
        max(_changed_run) as _changed_run
    from {{ ref('int_exchange_rates__unioned') }}
    group by currency_code
),

stage_runs as (
    select
        source,
        max(_changed_run) as _changed_run
    from {{ ref('int_stages__unioned') }}
    group by source
)

select
    {{ surrogate_key('opportunities.source', 'opportunities.opportunity_id') }} as opportunity_key,
    opportunities.source,
    opportunities.opportunity_id,
    opportunities.is_deleted,
    opportunities._changed_run as record_changed_run,
    greatest(
        opportunities._changed_run,
        coalesce(history_runs._changed_run, 0),
        coalesce(rep_runs._changed_run, 0),
        coalesce(rate_runs._changed_run, 0),
        coalesce(stage_runs._changed_run, 0)
    ) as _changed_run
from opportunities
left join history_runs
    on opportunities.source = history_runs.source
    and opportunities.opportunity_id = history_runs.opportunity_id
left join rep_runs
    on opportunities.source = rep_runs.source
    and opportunities.owner_id = rep_runs.sales_rep_id
left join rate_runs
    on opportunities.currency_code = rate_runs.currency_code
left join stage_runs
    on opportunities.source = stage_runs.source
