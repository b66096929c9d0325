import { exactAggregates } from './aggregates/exact.ts';
import { floatAggregates } from './aggregates/floats.ts';
import { generalAggregates } from './aggregates/general.ts';
import { intervalAggregates } from './aggregates/intervals.ts';
import { jsonAggregates } from './aggregates/json.ts';
import { orderedSetAggregates } from './aggregates/ordered-sets.ts';
import { stringAggregates } from './aggregates/strings.ts';
import type { AggregateEntry } from './entries.ts';

/** Signatures that begin with `skein.` are partials and combines of splits. */
export const aggregateEntries: readonly AggregateEntry[] = [
  ...generalAggregates,
  ...exactAggregates,
  ...floatAggregates,
  ...intervalAggregates,
  ...jsonAggregates,
  ...orderedSetAggregates,
  ...stringAggregates,
];
