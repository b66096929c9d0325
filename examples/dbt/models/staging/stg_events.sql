select
    event_id,
    at as happened_at,
    customer_id,
    product,
    coalesce(category, 'unknown') as category,
    amount,
    status,
    storeid,
    region
from {{ source('stores', 'events') }}
