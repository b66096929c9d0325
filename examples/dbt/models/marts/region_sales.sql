select
    region,
    date_trunc('month', day)::date as month,
    sum(lines)::bigint as lines,
    sum(revenue) as revenue
from {{ ref('store_days') }}
group by region, date_trunc('month', day)::date
