{{ config(unique_key='email_id') }}

with

versions as (
    {{ newest_versions(source('marketo', 'emails'), {'id': 'email_id'}) }}
)

select
    id as email_id,
    name as email_name,
    status,
    subject,
    from_name,
    from_email,
    template as template_id,
    operational as is_operational,
    text_only as is_text_only,
    description,
    folder as folder_name,
    workspace as workspace_name,
    {{ utc('created_at') }} as created_at,
    {{ utc('updated_at') }} as updated_at,
    {{ version_columns() }}
from versions
