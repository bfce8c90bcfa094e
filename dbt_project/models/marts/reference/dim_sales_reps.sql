select
    sales_rep_key,
    sales_rep_id,
    source,
    rep_name,
    rep_username,
    role,
    team_name,
    region_name,
    manager_name,
    manager_username,
    hired_date,
    is_active,
    valid_from,
    valid_to,
    is_current
from {{ ref('int_sales_reps__versions') }}

union all

select
    {{ unassigned_rep_key() }} as sales_rep_key,
    'unassigned' as sales_rep_id,
    'revlake' as source,
    'Unassigned' as rep_name,
    cast(null as varchar) as rep_username,
    cast(null as varchar) as role,
    'Unassigned' as team_name,
    'Unassigned' as region_name,
    cast(null as varchar) as manager_name,
    cast(null as varchar) as manager_username,
    cast(null as date) as hired_date,
    false as is_active,
    cast('1900-01-01' as date) as valid_from,
    cast(null as date) as valid_to,
    true as is_current
