-- One row per line of an invoice, with names that need no quotes. A view: nothing moves until somebody asks.
select
    storeid,
    region,
    country as store_country,
    "Invoice" as invoice,
    "StockCode" as stock_code,
    "Description" as description,
    "Quantity" as quantity,
    "Price" as price,
    "Quantity" * "Price" as amount,
    "Customer ID" as customer_id,
    "Country" as buyer_country,
    "InvoiceDate" as invoiced_at,
    "Invoice" ~ '^[A-Z]' as is_cancelled
from {{ source('stores', 'transactions') }}
