{#-
Runs are numbered, and every staging row carries the number of the run that last changed it. An
incremental mart remembers the run it was last built in and looks only at what changed after that;
so a run that stopped half way is caught up by the next one, whatever time it claims to be.
-#}

{% macro begin_run() -%}
    {%- if execute -%}
    create schema if not exists {{ target.database }}.meta;
    create table if not exists {{ target.database }}.meta.runs (run_number integer, as_of timestamp);
    create table if not exists {{ target.database }}.meta.built_models (
        model_name varchar, run_number integer
    );
    insert into {{ target.database }}.meta.runs
    select coalesce(max(run_number), 0) + 1, {{ as_of() }}
    from {{ target.database }}.meta.runs;
    {%- endif -%}
{%- endmacro %}

{% macro this_run() -%}
    (select max(run_number) from {{ target.database }}.meta.runs)
{%- endmacro %}

{#- Condition: the row changed after this model was last built. -#}
{% macro changed_since_built(column='_changed_run') -%}
    {{ column }} > (
        select coalesce(max(run_number), 0)
        from {{ target.database }}.meta.built_models
        where model_name = '{{ this.identifier }}'
    )
{%- endmacro %}

{#- Post-hook of incremental marts, in the transaction that wrote the rows. -#}
{% macro remember_run() -%}
    delete from {{ target.database }}.meta.built_models where model_name = '{{ this.identifier }}';
    insert into {{ target.database }}.meta.built_models
    select '{{ this.identifier }}', {{ this_run() }};
{%- endmacro %}

{#- The name of the release being built: the last part of its directory. Read only while executing. -#}
{% macro release_id() -%}
    {%- if execute -%}
        {{ return(env_var('REVLAKE_RELEASE_DIR', 'target').rstrip('/').split('/')[-1]) }}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}

{#-
The raw tables of each source; each has a staging model of the same name. Tables of a company's own
database are staged by its own models.
-#}
{% macro raw_entities() -%}
    {{ return({
        'salesforce': [
            'accounts', 'contacts', 'leads', 'opportunities', 'opportunity_history',
            'opportunity_line_items', 'tasks', 'events', 'users', 'user_roles', 'products',
            'campaigns', 'campaign_members', 'quotas', 'exchange_rates', 'stages',
            'opportunity_field_history', 'opportunity_competitors', 'opportunity_contact_roles',
            'pricebooks', 'pricebook_entries', 'territories', 'user_territories',
            'object_territories', 'periods', 'forecast_types', 'forecast_items',
            'custom_field_definitions',
        ],
        'hubspot': [
            'companies', 'contacts', 'deals', 'deal_history', 'deal_associations', 'line_items',
            'pipelines', 'pipeline_stages', 'owners', 'teams', 'products', 'calls', 'emails',
            'meetings', 'notes', 'tasks', 'email_campaigns', 'email_events', 'forms',
            'form_submissions', 'lists', 'list_memberships', 'marketing_events', 'goal_targets',
            'exchange_rates',
        ],
        'google_ads': ['campaigns', 'campaign_daily'],
        'linkedin_ads': [
            'accounts', 'campaign_groups', 'campaigns', 'creatives', 'campaign_daily',
        ],
        'pipedrive': [
            'organizations', 'persons', 'deals', 'deal_history', 'deal_products', 'leads',
            'activities', 'products', 'pipelines', 'stages', 'users', 'teams', 'goals',
            'currencies',
        ],
        'dynamics': [
            'accounts', 'contacts', 'leads', 'opportunities', 'opportunity_closes',
            'opportunity_processes', 'opportunity_products', 'opportunity_history', 'phone_calls',
            'appointments', 'emails', 'tasks', 'campaigns', 'products', 'users', 'goals',
            'process_stages', 'business_units', 'teams', 'territories', 'currencies',
        ],
        'files': [
            'users', 'accounts', 'contacts', 'products', 'campaigns', 'leads', 'opportunities',
            'stages', 'stage_history', 'activities', 'content_assets', 'content_views', 'courses',
            'course_completions', 'firmographics',
        ],
        'marketo': [
            'leads', 'activities', 'deleted_leads', 'program_members', 'programs', 'program_costs',
            'smart_campaigns', 'emails', 'channels', 'activity_types',
        ],
        'pardot': [
            'prospects', 'visitors', 'visitor_activities', 'campaigns', 'lists',
            'list_memberships', 'forms', 'list_emails', 'list_email_stats', 'opportunities',
            'prospect_scores',
        ],
        'eloqua': [
            'contacts', 'activities', 'bouncebacks', 'campaigns', 'emails', 'forms',
            'email_groups',
        ],
        'twilio': ['calls', 'incoming_phone_numbers'],
        'zoom': ['users', 'meetings', 'participants'],
        'gmail': ['mailboxes', 'messages'],
        'microsoft_graph': ['mailboxes', 'messages', 'meetings'],
        'aircall': ['calls', 'users', 'numbers', 'teams', 'tags', 'contacts'],
        'seismic': [
            'users', 'library_contents', 'livesend_links', 'livesend_link_contents',
            'livesend_link_members', 'livesend_viewing_sessions',
            'livesend_content_viewing_sessions', 'interaction_contexts', 'content_usage_history',
            'content_view_history',
        ],
        'highspot': ['users', 'spots', 'items', 'pitches', 'views'],
        'sql_database': [],
    }) }}
{%- endmacro %}

{#- Sources whose vendor gives no more calls for now, and until when (UTC). Told while executing. -#}
{% macro waiting_sources() -%}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for source_name, until in fromjson(env_var('REVLAKE_WAITING', '{}')).items() -%}
            {%- do found.update({source_name: "'" ~ until[:19] ~ "'"}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{% macro staging_freshness() -%}
    {%- set waiting = waiting_sources() -%}
    {%- set tables = [] -%}
    {%- for source_name in enabled_sources() -%}
        {%- for entity in raw_entities()[source_name] -%}
            {%- do tables.append((source_name, entity)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for source_name, entity in tables %}
    select
        '{{ source_name }}' as source,
        '{{ entity }}' as entity,
        count(*) as row_count,
        max(_loaded_at) as last_loaded_at,
        cast({{ waiting[source_name] | default('null') }} as timestamp) as waits_until
    from {{ ref('stg_' ~ source_name ~ '__' ~ entity) }}
        {{- '\n    union all' if not loop.last }}
    {%- endfor %}
    {%- if not tables %}
    select
        cast(null as varchar) as source,
        cast(null as varchar) as entity,
        cast(null as bigint) as row_count,
        cast(null as timestamp) as last_loaded_at,
        cast(null as timestamp) as waits_until
    where false
    {%- endif %}
{%- endmacro %}
