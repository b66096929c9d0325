select
    e.category,
    c.label,
    count(*) as events,
    count(e.amount) as paid,
    sum(e.amount) as amount,
    sum(c.weight) as interest
from {{ ref('stg_events') }} e
left join {{ ref('categories') }} c on c.category = e.category
where e.status = 'ok'
group by e.category, c.label
