{{ config(enabled='hubspot' in enabled_sources()) }}

select
    events.event_id,
    events.email_campaign_id,
    campaigns.email_campaign_name,
    events.email,
    case events.event_type
        when 'SENT' then 'sent'
        when 'DELIVERED' then 'delivered'
        when 'OPEN' then 'open'
        when 'CLICK' then 'click'
        when 'BOUNCE' then 'bounce'
        when 'STATUSCHANGE' then 'unsubscribe'
    end as engagement_type,
    events.occurred_at,
    events.is_deleted,
    greatest(events._changed_run, coalesce(campaigns._changed_run, 0)) as _changed_run
from {{ ref('stg_hubspot__email_events') }} as events
left join {{ ref('stg_hubspot__email_campaigns') }} as campaigns
    on events.email_campaign_id = campaigns.email_campaign_id
where events.event_type in ('SENT', 'DELIVERED', 'OPEN', 'CLICK', 'BOUNCE', 'STATUSCHANGE')
