{{ config(enabled='hubspot' in enabled_sources()) }}

{#- What each kind does not have, or keeps elsewhere; the rest is the same in all. -#}
{%- set kinds = {
    'call': {
        'direction': 'direction',
        'duration_seconds': 'duration_seconds',
        'outcome': 'outcome',
    },
    'email': {
        'direction': "case direction when 'EMAIL' then 'outbound'"
            ~ " when 'INCOMING_EMAIL' then 'inbound' else lower(direction) end",
    },
    'meeting': {
        'occurred_at': 'coalesce(started_at, occurred_at)',
        'duration_seconds': elapsed_seconds('started_at', 'ended_at'),
        'outcome': 'outcome',
        'is_completed': "coalesce(outcome = 'COMPLETED', coalesce(ended_at, occurred_at) <= "
            ~ as_of() ~ ")",
    },
    'note': {},
    'task': {
        'outcome': 'status',
        'is_completed': "status = 'COMPLETED'",
    },
} -%}

{%- for kind, own in kinds.items() %}
select
    {{ kind }}_id as activity_id,
    '{{ kind }}' as activity_type,
    {{ own.get('direction', 'cast(null as varchar)') }} as direction,
    subject,
    {{ own.get('occurred_at', 'occurred_at') }} as occurred_at,
    {{ own.get('duration_seconds', 'cast(null as bigint)') }} as duration_seconds,
    {{ own.get('outcome', 'cast(null as varchar)') }} as outcome,
    {{ own.get('is_completed', 'true') }} as is_completed,
    owner_id,
    account_id,
    contact_id,
    contact_id as lead_id,
    opportunity_id,
    is_deleted,
    _changed_run
from {{ ref('stg_hubspot__' ~ kind ~ 's') }}
{{- '\n\nunion all\n' if not loop.last }}
{%- endfor %}
