{#- Every amount has been converted: a currency without a rate would leave nothing. -#}
{% test converted_to_company_currency(model, amount, original) %}
select *
from {{ model }}
where {{ original }} is not null and {{ amount }} is null
{% endtest %}
