{#- Ages, in days since creation, at which every lead becomes a training row. -#}
{%- set training_ages = [0, 1, 3, 7, 14, 30, 60, 90, 120] -%}
{%- set horizon_days = 90 -%}
{%- set oldest_scored_days = 180 -%}
{%- set half_life_days = 14 -%}
{%- set remembered_days = 180 -%}

with

leads as (
    select
        lead_key,
        campaign_key,
        lead_source,
        title,
        industry,
        country,
        employee_count,
        status,
        created_at,
        created_date,
        {{ local_date('converted_at') }} as converted_date,
        is_converted
    from {{ ref('fct_leads') }}
),

campaigns as (
    select
        campaign_key,
        channel
    from {{ ref('dim_campaigns') }}
),

engagements as (
    select
        lead_key,
        email_campaign_name,
        engagement_type,
        occurred_at,
        engagement_date
    from {{ ref('fct_marketing_engagements') }}
    where lead_key is not null
),

activities as (
    select
        lead_key,
        activity_type,
        direction,
        occurred_at,
        activity_date
    from {{ ref('fct_activities') }}
    where lead_key is not null
        and is_completed
        and activity_type in ('call', 'email', 'meeting')
),

ages as (
    {%- for age in training_ages %}
    select {{ age }} as age_days
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

training_days as (
    select
        leads.lead_key,
        leads.created_date + ages.age_days as as_of_date,
        false as is_current
    from leads
    cross join ages
    where leads.created_date + ages.age_days < {{ as_of_date() }}
        and (
            leads.converted_date is null
            or leads.converted_date > leads.created_date + ages.age_days
        )
),

current_days as (
    select
        lead_key,
        {{ as_of_date() }} as as_of_date,
        true as is_current
    from leads
    where not is_converted
        and status <> 'Disqualified'
        and created_date <= {{ as_of_date() }}
        and created_date >= {{ as_of_date() }} - {{ oldest_scored_days }}
),

lead_days as (
    select
        lead_key,
        as_of_date,
        is_current
    from training_days
    union all
    select
        lead_key,
        as_of_date,
        is_current
    from current_days
),

deliveries as (
    {# A scanner follows links within two seconds of delivery; people do not. #}
    select
        lead_key,
        email_campaign_name,
        min(occurred_at) as delivered_at
    from engagements
    where engagement_type = 'delivered'
    group by lead_key, email_campaign_name
),

engagement_days as (
    {# A day counts at most three opens and three clicks. #}
    select
        engagements.lead_key,
        engagements.engagement_date,
        least(3, sum(case when engagements.engagement_type = 'open' then 1 else 0 end))
            as open_count,
        least(3, sum(case when engagements.engagement_type = 'click' then 1 else 0 end))
            as click_count,
        sum(case when engagements.engagement_type = 'sent' then 1 else 0 end) as sent_count,
        max(case when engagements.engagement_type = 'unsubscribe' then 1 else 0 end)
            as unsubscribe_count
    from engagements
    left join deliveries
        on engagements.lead_key = deliveries.lead_key
        and engagements.email_campaign_name = deliveries.email_campaign_name
    where engagements.engagement_type not in ('open', 'click')
        or deliveries.delivered_at is null
        or {{ elapsed_days('deliveries.delivered_at', 'engagements.occurred_at') }} * 86400 >= 2
    group by engagements.lead_key, engagements.engagement_date
),

engagement_features as (
    select
        lead_days.lead_key,
        lead_days.as_of_date,
        sum(
            engagement_days.open_count * power(
                2.0,
                -{{ days_from('engagement_days.engagement_date', 'lead_days.as_of_date') }}
                / {{ half_life_days }}.0
            )
        ) as email_open_score,
        sum(
            engagement_days.click_count * power(
                2.0,
                -{{ days_from('engagement_days.engagement_date', 'lead_days.as_of_date') }}
                / {{ half_life_days }}.0
            )
        ) as email_click_score,
        sum(
            case
                when engagement_days.engagement_date > lead_days.as_of_date - 30
                    then engagement_days.sent_count
                else 0
            end
        ) as email_sent_count_30d,
        max(
            case
                when engagement_days.open_count + engagement_days.click_count > 0
                    then engagement_days.engagement_date
            end
        ) as last_engagement_date,
        max(engagement_days.unsubscribe_count) as unsubscribe_count
    from lead_days
    inner join engagement_days
        on lead_days.lead_key = engagement_days.lead_key
        and engagement_days.engagement_date <= lead_days.as_of_date
        and engagement_days.engagement_date > lead_days.as_of_date - {{ remembered_days }}
    group by lead_days.lead_key, lead_days.as_of_date
),

activity_features as (
    select
        lead_days.lead_key,
        lead_days.as_of_date,
        sum(case when activities.activity_type = 'call' then 1 else 0 end) as call_count,
        sum(
            case
                when activities.activity_type = 'email' and activities.direction = 'inbound' then 0
                when activities.activity_type = 'email' then 1
                else 0
            end
        ) as outbound_email_count,
        sum(
            case
                when activities.activity_type = 'email' and activities.direction = 'inbound' then 1
                else 0
            end
        ) as inbound_email_count,
        sum(case when activities.activity_type = 'meeting' then 1 else 0 end) as meeting_count,
        sum(
            case when activities.activity_date > lead_days.as_of_date - 14 then 1 else 0 end
        ) as activity_count_14d,
        max(activities.activity_date) as last_activity_date,
        min(
            case
                when coalesce(activities.direction, 'outbound') <> 'inbound'
                    and activities.occurred_at >= leads.created_at
                    then activities.occurred_at
            end
        ) as first_response_at
    from lead_days
    inner join activities
        on lead_days.lead_key = activities.lead_key
        and activities.activity_date <= lead_days.as_of_date
    inner join leads
        on lead_days.lead_key = leads.lead_key
    group by lead_days.lead_key, lead_days.as_of_date
),

padded_titles as (
    select
        lead_key,
        ' ' || lower(replace(replace(replace(title, ',', ' '), '-', ' '), '/', ' ')) || ' ' as title
    from leads
),

seniorities as (
    select
        lead_key,
        case
            when title is null then null
            when title like '% vice president %' or title like '% vp %' or title like '% svp %'
                or title like '% evp %' or title like '% avp %'
                then 'VP'
            when title like '% chief %' or title like '% ceo %' or title like '% cfo %'
                or title like '% cto %' or title like '% cio %' or title like '% coo %'
                or title like '% cmo %' or title like '% cro %' or title like '% founder %'
                or title like '% owner %' or title like '% president %' or title like '% partner %'
                then 'C-level'
            when title like '% director %' or title like '% head %' then 'Director'
            when title like '% manager %' or title like '% lead %' or title like '% supervisor %'
                then 'Manager'
            else 'Individual'
        end as title_seniority
    from padded_titles
)

select
    lead_days.lead_key,
    lead_days.as_of_date,
    lead_days.is_current,
    {{ days_from('leads.created_date', 'lead_days.as_of_date') }} as age_days,
    leads.lead_source,
    seniorities.title_seniority,
    leads.industry,
    leads.country,
    cast(leads.employee_count as bigint) as employee_count,
    campaigns.channel as campaign_channel,
    cast(coalesce(engagement_features.email_open_score, 0) as double) as email_open_score,
    cast(coalesce(engagement_features.email_click_score, 0) as double) as email_click_score,
    cast(coalesce(engagement_features.email_sent_count_30d, 0) as bigint) as email_sent_count_30d,
    {{ days_from('engagement_features.last_engagement_date', 'lead_days.as_of_date') }}
        as days_since_last_engagement,
    coalesce(engagement_features.unsubscribe_count, 0) > 0 as is_unsubscribed,
    cast(coalesce(activity_features.call_count, 0) as bigint) as call_count,
    cast(coalesce(activity_features.outbound_email_count, 0) as bigint) as outbound_email_count,
    cast(coalesce(activity_features.inbound_email_count, 0) as bigint) as inbound_email_count,
    cast(coalesce(activity_features.meeting_count, 0) as bigint) as meeting_count,
    cast(coalesce(activity_features.activity_count_14d, 0) as bigint) as activity_count_14d,
    {{ days_from('activity_features.last_activity_date', 'lead_days.as_of_date') }}
        as days_since_last_activity,
    cast(
        {{ elapsed_days('leads.created_at', 'activity_features.first_response_at') }} * 24 as double
    ) as first_response_hours,
    case
        when lead_days.as_of_date + {{ horizon_days }} < {{ as_of_date() }}
            then coalesce(leads.converted_date <= lead_days.as_of_date + {{ horizon_days }}, false)
    end as is_converted_within_90d
from lead_days
inner join leads
    on lead_days.lead_key = leads.lead_key
left join seniorities
    on lead_days.lead_key = seniorities.lead_key
left join campaigns
    on leads.campaign_key = campaigns.campaign_key
left join engagement_features
    on lead_days.lead_key = engagement_features.lead_key
    and lead_days.as_of_date = engagement_features.as_of_date
left join activity_features
    on lead_days.lead_key = activity_features.lead_key
    and lead_days.as_of_date = activity_features.as_of_date
