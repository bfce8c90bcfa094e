{{ config(unique_key='list_email_id') }}

with

versions as (
    {{ newest_versions(source('pardot', 'list_email_stats'), {'list_email_id': 'list_email_id'}) }}
)

select
    list_email_id,
    cast(sent as bigint) as sent_count,
    cast(delivered as bigint) as delivered_count,
    cast(opens as bigint) as open_count,
    cast(unique_opens as bigint) as unique_open_count,
    cast(total_clicks as bigint) as click_count,
    cast(unique_clicks as bigint) as unique_click_count,
    cast(opt_outs as bigint) as opt_out_count,
    cast(hard_bounced as bigint) as hard_bounce_count,
    cast(soft_bounced as bigint) as soft_bounce_count,
    cast(spam_complaints as bigint) as spam_complaint_count,
    {{ version_columns() }}
from versions
