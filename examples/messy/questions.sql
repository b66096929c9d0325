-- 1. What does each office hold, and what did the strikes cost?
SELECT office, count(*) AS strikes, count("Speed IAS in knots") AS with_speed, sum("Cost Total $") AS cost
FROM birdstrikes GROUP BY office ORDER BY office;

-- 2. In which phase of flight were the fastest, and how fast on average?
SELECT "Phase of flight", count(*) AS strikes, round(avg("Speed IAS in knots"), 1) AS average_speed,
       max("Speed IAS in knots") AS highest_speed
FROM birdstrikes GROUP BY 1 ORDER BY strikes DESC;

-- 3. At what time of day? One office doesn't record it.
SELECT coalesce("Time of day", 'not recorded') AS time_of_day, count(*) AS strikes
FROM birdstrikes GROUP BY 1 ORDER BY strikes DESC, 1;

-- 4. Which years were the most expensive?
SELECT extract(year FROM "Flight Date")::integer AS year, count(*) AS strikes, sum("Cost Total $") AS cost
FROM birdstrikes WHERE "Effect Amount of damage" <> 'None'
GROUP BY 1 ORDER BY cost DESC LIMIT 3;

-- 5. Which films come first, of those whose title begins with a digit?
SELECT "Title", "Release Date", "IMDB Rating", office
FROM movies WHERE left("Title", 1) BETWEEN '0' AND '9' ORDER BY "Title", "Release Date" LIMIT 8;

-- 6. Whose films took the most, of directors with five and more?
SELECT "Director", count(*) AS films, sum("Worldwide Gross") AS gross, count("US DVD Sales") AS with_dvd_sales
FROM movies WHERE "Director" IS NOT NULL
GROUP BY "Director" HAVING count(*) >= 5 ORDER BY gross DESC, "Director" LIMIT 5;

-- 7. How many films does each office rate, and how well?
SELECT office, count(*) AS films, count("IMDB Rating") AS rated, min("IMDB Rating") AS worst, max("IMDB Rating") AS best
FROM movies GROUP BY office ORDER BY office;
