-- Each region that sold has a row.
select region from {{ ref('stg_lines') }} where not is_cancelled and invoiced_at is not null
except
select region from {{ ref('region_sales') }}
