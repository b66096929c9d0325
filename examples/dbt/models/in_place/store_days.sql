{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['storeid', 'day'],
          pre_hook="set skein.materialize = 'agents'") }}
-- Made in place: each store's agent computes and keeps its own rows, and makes those of its last day anew. Only numbers of rows cross.
select
    storeid,
    region,
    cast(invoiced_at as date) as day,
    count(*) as lines,
    sum(amount) as revenue
from {{ ref('stg_lines') }} as lines
where not is_cancelled and invoiced_at is not null
{% if is_incremental() %}
  and cast(invoiced_at as date) >= coalesce(
    (select max(known.day) from {{ this }} as known where known.storeid = lines.storeid), date '1900-01-01')
{% endif %}
group by storeid, region, cast(invoiced_at as date)
