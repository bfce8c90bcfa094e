{#-
Incremental marts replace whole groups of rows. The pre-hook notes the keys that changed since the mart
was last built and forgets their rows, in the transaction of the model, which appends them anew; so a
deletion at the source leaves nothing behind. The keys are looked for once and kept, because what
is looked at (the mart's own rows among it) changes on the way.

changed: a select of the changed keys. What it refs, the model names in `depends_on`.
-#}
{% macro forget(key, changed) -%}
    {%- if is_incremental() -%}
    create or replace temporary table {{ changed_keys() }} as
    select distinct {{ key }} from ({{ changed }}) as changed;
    delete from {{ this }} where {{ key }} in (select {{ key }} from {{ changed_keys() }})
    {%- endif -%}
{%- endmacro %}

{#- The table of the keys that the pre-hook noted. -#}
{% macro changed_keys() -%}
    {{ this.identifier }}__changed
{%- endmacro %}

{#- Keys of the opportunities whose history marts must be built anew. -#}
{% macro changed_opportunities() -%}
    select opportunity_key
    from {{ ref('int_opportunities__changes') }}
    where {{ changed_since_built() }}
{%- endmacro %}

{#-
Keys of the activities to build anew: changed themselves, or pointing at a record that was created,
changed, merged or deleted, or a meeting that was still ahead.
-#}
{% macro changed_activities() -%}
    select {{ surrogate_key('source', 'activity_id') }} as activity_key
    from {{ ref('int_activities__held') }}
    where {{ changed_since_built() }}
        {%- for model, column in {
            'int_accounts__keys': 'account_id',
            'int_contacts__keys': 'contact_id',
            'int_leads__keys': 'lead_id',
        }.items() %}
        or (source, {{ column }}) in (
            select (source, {{ column }}) from {{ ref(model) }} where {{ changed_since_built() }}
        )
        {%- endfor %}
        or (source, opportunity_id) in (
            select (source, opportunity_id)
            from {{ ref('int_opportunities__changes') }}
            where {{ changed_since_built('record_changed_run') }}
        )
        or (source, owner_id) in (
            select (source, sales_rep_id)
            from {{ ref('int_sales_reps__versions') }}
            where {{ changed_since_built() }}
        )
        {%- if is_incremental() %}
        or {{ surrogate_key('source', 'activity_id') }} in (
            select activity_key from {{ this }} where not is_completed and activity_type <> 'task'
        )
        {%- endif %}
{%- endmacro %}

{#-
Keys of the engagements to build anew: changed themselves, or of an address whose leads changed, the
address that a lead has now or, by the rows already built, had before.
-#}
{% macro changed_engagements() -%}
    select {{ surrogate_key('source', 'event_id') }} as engagement_key
    from {{ ref('int_marketing_engagements__held') }}
    where {{ changed_since_built() }}
        or email in (
            select email from {{ ref('int_leads__unioned') }} where {{ changed_since_built() }}
        )
        {%- if is_incremental() %}
        or email in (
            select built.email
            from {{ this }} as built
            inner join {{ ref('int_leads__keys') }} as leads
                on built.lead_key = {{ surrogate_key('leads.source', 'leads.lead_id') }}
            where {{ changed_since_built('leads._changed_run') }}
        )
        {%- endif %}
{%- endmacro %}
