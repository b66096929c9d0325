{{ config(materialized='incremental', unique_key=['storeid', 'day'], incremental_strategy='delete+insert',
          indexes=[{'columns': ['storeid', 'day']}]) }}
select
    storeid,
    region,
    cast(invoiced_at as date) as day,
    count(*) as lines,
    count(distinct invoice) as invoices,
    sum(quantity) as units,
    sum(amount) as revenue
from {{ ref('stg_lines') }}
where not is_cancelled and invoiced_at is not null
{% if is_incremental() %}
  and invoiced_at >= (select coalesce(max(day), date '1900-01-01') from {{ this }})
{% endif %}
group by storeid, region, cast(invoiced_at as date)
