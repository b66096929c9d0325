{{ config(materialized='table', pre_hook="set skein.materialize = 'agents'") }}
-- Made in place: each store's agent computes and keeps its own rows, and only their number crosses.
select
    storeid,
    region,
    cast(invoiced_at as date) as day,
    count(*) as lines,
    sum(amount) as revenue
from {{ ref('stg_lines') }}
where not is_cancelled and invoiced_at is not null
group by storeid, region, cast(invoiced_at as date)
