select
    cast('{{ release_id() }}' as varchar) as release_id,
    {{ as_of() }} as as_of
