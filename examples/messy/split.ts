import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runDuckDb, text } from '../support/duckdb.ts';
import { vegaDataset } from '../support/source.ts';

export const OFFICES = ['oslo', 'lima', 'cairo'] as const;
export type Office = (typeof OFFICES)[number];

const BIRDSTRIKES = `(FROM read_csv(${text(vegaDataset('birdstrikes.csv'))}, all_varchar = true))`;
const MOVIES = `(FROM read_json(${text(vegaDataset('movies.json'))}, format = 'array', map_inference_threshold = -1))`;

/** Who reported a strike says which office keeps it. */
const STRIKE_OF: Readonly<Record<Office, string>> = {
  oslo: `"Aircraft Airline Operator" = 'MILITARY'`,
  lima: `"Aircraft Airline Operator" NOT IN ('MILITARY', 'BUSINESS')`,
  cairo: `"Aircraft Airline Operator" = 'BUSINESS'`,
};

/** A film's title says which office keeps it: numbers, A to M, the rest. */
const MOVIE_OF: Readonly<Record<Office, string>> = {
  oslo: `coalesce(json_type(Title) <> 'UBIGINT' AND (Title->>'$') NOT SIMILAR TO '[A-M].*', true)`,
  lima: `(Title->>'$') SIMILAR TO '[A-M].*'`,
  cairo: `json_type(Title) = 'UBIGINT'`,
};

export const strikesOf = (office: Office): string => `FROM ${BIRDSTRIKES} WHERE ${STRIKE_OF[office]}`;
export const moviesOf = (office: Office): string => `FROM ${MOVIES} WHERE ${MOVIE_OF[office]}`;

/** Each office exports in its own way. */
export async function splitMessy(directory: string): Promise<void> {
  for (const office of OFFICES) await mkdir(join(directory, office), { recursive: true });
  const file = (office: Office, name: string) => text(join(directory, office, name));
  await runDuckDb([
    // Semicolons, and N/A where there is no value.
    `COPY (${strikesOf('oslo')}) TO ${file('oslo', 'birdstrikes.csv')} (FORMAT csv, HEADER, DELIMITER ';', NULLSTR 'N/A')`,
    // Commas, and nothing where there is no value.
    `COPY (${strikesOf('lima')}) TO ${file('lima', 'birdstrikes.csv')} (FORMAT csv, HEADER)`,
    // JSON lines, days before months, and no column of the time of day.
    `COPY (SELECT * EXCLUDE ("Time of day") REPLACE (strftime("Flight Date"::DATE, '%d/%m/%Y') AS "Flight Date") ${strikesOf('cairo')}) TO ${file('cairo', 'birdstrikes.jsonl')} (FORMAT json)`,
    `COPY (${moviesOf('oslo')}) TO ${file('oslo', 'movies.json')} (FORMAT json, ARRAY true)`,
    // CSV, in which "null" is spelt out.
    `COPY (SELECT * REPLACE (Title->>'$' AS Title) ${moviesOf('lima')}) TO ${file('lima', 'movies.csv')} (FORMAT csv, HEADER, NULLSTR 'null')`,
    `COPY (${moviesOf('cairo')}) TO ${file('cairo', 'movies.json')} (FORMAT json, ARRAY true)`,
  ]);
  await writeFile(join(directory, 'done'), '');
}
