-- 1. How many flights start in each region, and how late are they on average?
SELECT region, count(*) AS flights, round(avg(delay), 2) AS average_delay
FROM flights GROUP BY region ORDER BY region;

-- 2. Which ten airports of the West and the East have the most departures?
SELECT origin, region, count(*) AS departures
FROM flights WHERE region IN ('West', 'East')
GROUP BY origin, region ORDER BY departures DESC, origin LIMIT 10;

-- 3. Which state's airports are the most punctual, of those with 20,000 departures and more?
SELECT a.state, count(*) AS departures,
       round(100.0 * count(*) FILTER (WHERE f.delay <= 15) / count(*), 1) AS percent_punctual
FROM flights f JOIN airports a ON a.iata = f.origin
GROUP BY a.state HAVING count(*) >= 20000
ORDER BY percent_punctual DESC, a.state LIMIT 5;

-- 4. What does the morning look like, seen from Chicago and from Denver?
SELECT extract(hour FROM date)::integer AS hour, site, count(*) AS flights, max(delay) AS worst
FROM flights WHERE site IN ('Chicago', 'Denver') AND extract(hour FROM date) BETWEEN 6 AND 9
GROUP BY 1, 2 ORDER BY 1, 2;

-- 5. Month by month: flights, miles flown, and the spread of delays.
SELECT date_trunc('month', date) AS month, count(*) AS flights, sum(distance) AS miles,
       round(stddev_samp(delay), 3) AS spread
FROM flights GROUP BY 1 ORDER BY 1;

-- 6. Which routes from the Central region are longer than 3,000 miles?
SELECT DISTINCT f.origin, f.destination, f.distance
FROM flights f WHERE region = 'Central' AND distance > 3000
ORDER BY f.distance DESC, f.origin, f.destination;

-- 7. How do flights fall into short, middle and long haul?
SELECT CASE WHEN distance < 500 THEN 'short' WHEN distance < 1500 THEN 'middle' ELSE 'long' END AS haul,
       count(*) AS flights, count(DISTINCT origin) AS origins, min(distance) AS nearest, max(distance) AS farthest
FROM flights GROUP BY 1 ORDER BY flights DESC;

-- 8. Which days had more than a quarter of their flights over half an hour late?
WITH days AS (
  SELECT date::date AS day, count(*) AS flights, sum(CASE WHEN delay > 30 THEN 1 ELSE 0 END) AS late
  FROM flights GROUP BY 1
)
SELECT day, flights, late, round(late * 100.0 / flights, 1) AS percent
FROM days WHERE late * 4 > flights ORDER BY percent DESC, day;

-- 9. What are the five longest delays of flights to Hawaii?
SELECT f.date, f.origin, f.destination, f.delay
FROM flights f
WHERE f.destination IN (SELECT iata FROM airports WHERE state = 'HI')
ORDER BY f.delay DESC, f.date, f.origin LIMIT 5;

-- 10. Which airports of the East have departures, but no arrival from the West?
SELECT f.origin, count(*) AS departures
FROM flights f
WHERE f.region = 'East'
  AND f.origin NOT IN (SELECT w.destination FROM flights w WHERE w.region = 'West')
GROUP BY f.origin ORDER BY departures DESC, f.origin LIMIT 5;
