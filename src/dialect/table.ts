import { assert } from '../base/assert.ts';
import { percentileFinals } from './aggregates/ordered-sets.ts';
import { aggregateEntries } from './aggregates.ts';
import type { AggregateEntry, ScalarEntry } from './entries.ts';
import { arrayEntries } from './functions/arrays.ts';
import { binaryEntries } from './functions/binary.ts';
import { castEntries } from './functions/casts.ts';
import { comparisonEntries } from './functions/comparison.ts';
import { conditionalEntries } from './functions/conditional.ts';
import { datetimeEntries } from './functions/datetime.ts';
import { framePositionEntries } from './functions/frame-positions.ts';
import { intervalEntries } from './functions/interval.ts';
import { intervalTextEntries } from './functions/interval-text.ts';
import { jsonEntries } from './functions/json.ts';
import { mathEntries } from './functions/math.ts';
import { miscEntries } from './functions/misc.ts';
import { numberTemplateEntries } from './functions/number-templates.ts';
import { numberEntries } from './functions/numbers.ts';
import { overlapsEntries } from './functions/overlaps.ts';
import { patternEntries } from './functions/patterns.ts';
import { randomEntries } from './functions/random.ts';
import { regexpPositionEntries } from './functions/regexp-positions.ts';
import { rowEntries } from './functions/rows.ts';
import { seriesEntries } from './functions/series.ts';
import { splitFinals } from './functions/split-finals.ts';
import { stringEntries } from './functions/strings.ts';
import { textEntries } from './functions/text.ts';
import { uuidEntries } from './functions/uuid.ts';
import { zoneConversionEntries } from './functions/zone-conversions.ts';
import { zonedConstructorEntries } from './functions/zoned-constructors.ts';
import { SEQUENCE_ENTRIES } from './sequences.ts';
import { type WindowEntry, windowEntries } from './windows.ts';

function bySignature<E extends { readonly signature: string }>(
  entries: readonly E[],
): ReadonlyMap<string, E> {
  const table = new Map<string, E>();
  for (const entry of entries) {
    assert(!table.has(entry.signature), `two dialect entries for ${entry.signature}`);
    table.set(entry.signature, entry);
  }
  return table;
}

/** All that Skein was taught to say in DuckDB. What is not in the two tables is refused by name. */
export const SCALARS: ReadonlyMap<string, ScalarEntry> = bySignature([
  ...numberEntries,
  ...castEntries,
  ...comparisonEntries,
  ...miscEntries,
  ...textEntries,
  ...patternEntries,
  ...datetimeEntries,
  ...intervalEntries,
  ...framePositionEntries,
  ...jsonEntries,
  ...regexpPositionEntries,
  ...conditionalEntries,
  ...randomEntries,
  ...uuidEntries,
  ...intervalTextEntries,
  ...overlapsEntries,
  ...zoneConversionEntries,
  ...zonedConstructorEntries,
  ...arrayEntries,
  ...mathEntries,
  ...stringEntries,
  ...binaryEntries,
  ...numberTemplateEntries,
  ...seriesEntries,
  ...splitFinals,
  ...percentileFinals,
  ...rowEntries,
]);

export const AGGREGATES: ReadonlyMap<string, AggregateEntry> = bySignature(aggregateEntries);

const SEQUENCES: ReadonlyMap<string, ScalarEntry> = bySignature(SEQUENCE_ENTRIES);

export function findScalar(signature: string): ScalarEntry | undefined {
  return SCALARS.get(signature) ?? SEQUENCES.get(signature);
}

export function findAggregate(signature: string): AggregateEntry | undefined {
  return AGGREGATES.get(signature);
}

/** Window functions that are no aggregates. */
export const WINDOWS: ReadonlyMap<string, WindowEntry> = bySignature(windowEntries);

export function findWindow(signature: string): WindowEntry | undefined {
  return WINDOWS.get(signature);
}
