{{ config(materialized='incremental', unique_key='customer_id', incremental_strategy='merge') }}
with bought as (
    select
        customer_id,
        min(invoiced_at) as first_seen,
        max(invoiced_at) as last_seen,
        count(distinct invoice) as invoices,
        sum(amount) as revenue
    from {{ ref('stg_lines') }}
    where customer_id is not null and not is_cancelled
    group by customer_id
)
select customer_id, first_seen, last_seen, invoices, revenue
from bought
