import { aggregateEntries } from '../../../src/dialect/aggregates.ts';
import { OID, sqlType } from '../../../src/types/sql-type.ts';
import { type AggregateCase, type AggregateOptions, admitsAggregate } from './aggregate-harness.ts';
import type { Outcome } from './canonical.ts';

const FLOAT8 = sqlType(OID.float8);
const TEXT = sqlType(OID.text);

/** Ours is an error, never another value: a sum or quotient that 38 digits don't hold, infinities in a variance. */
const refusesOverflow = (_want: Outcome, got: Outcome): boolean =>
  got.kind === 'error' && (got.sqlstate === '22003' || got.sqlstate === '0A000');

function optionsOf(signature: string): AggregateOptions {
  const name = signature.slice(0, signature.indexOf('('));
  const plain: AggregateOptions = { sql: (args, modifier) => `${name}(${modifier}${args.join(', ')})` };
  if (signature === 'count(*)') return { sql: () => 'count(*)', types: [[]], distinct: false };
  if (signature === 'count(any)') return { ...plain, types: [['int4'], ['text'], ['numeric'], ['float8']] };
  if (signature === 'any_value(anyelement)') {
    return {
      sql: () => 'max(a0)',
      types: [['int4']],
      distinct: false,
      values: [[{ type: sqlType(OID.int4), values: ['7', null] }]],
    };
  }
  if (signature === 'array_agg(anyarray)') {
    return {
      sql: ([x], modifier) => `array_agg(${modifier}${x} ORDER BY ${x})`,
      types: [['_int4']],
      values: [
        [
          { type: sqlType(OID.int4Array), values: ['{1,2}', '{3,NULL}', '{0,0}', '{1,2}'] },
          { type: sqlType(OID.int4Array), values: ['{1,2}', '{3}', '{}', null] },
          { type: sqlType(OID.int4Array), values: ['{}', '{1}'] },
          { type: sqlType(OID.textArray), values: ['{b,a}', '{é,""}', '{NULL,a}'] },
        ],
      ],
      ordered: true,
    };
  }
  if (signature.endsWith('(anyarray)')) return { ...plain, types: [['_int4'], ['_text'], ['_float8']] };
  if (signature === 'string_agg(bytea,bytea)') return separated('bytea');
  if (signature.endsWith('(bit)')) {
    const texts = [
      ['', null],
      ['0', '1', '1', null],
      ['101', '110', '110'],
      ['1', '10', null],
    ];
    return {
      ...plain,
      types: [['varbit']],
      values: [texts.map((values) => ({ type: sqlType(OID.varbit), values }))],
    };
  }
  if (name.includes('object_agg')) return objectOptions(name);
  if (/^jsonb?_agg/.test(name)) {
    return {
      sql: ([x], modifier) => `${name}(${modifier}${x} ORDER BY ${x})`,
      types: ['bool', 'int4', 'numeric', 'text', 'date', 'timestamp', 'uuid'].map((type) => [type]),
      ordered: true,
    };
  }
  if (name === 'array_agg') {
    return {
      sql: ([x], modifier) => `array_agg(${modifier}${x} ORDER BY ${x})`,
      types: [['int4'], ['text'], ['date']],
      ordered: true,
    };
  }
  if (name === 'string_agg') {
    return {
      sql: ([x, y], modifier) => `string_agg(${modifier}${x}, ${y} ORDER BY ${x})`,
      types: [['text']],
      constants: [{ at: 1, type: TEXT, value: '; ' }],
      ordered: true,
    };
  }
  if (name === 'mode') {
    return {
      sql: ([x]) => `mode() WITHIN GROUP (ORDER BY ${x})`,
      types: [['int4'], ['text']],
      orderedSet: true,
      distinct: false,
    };
  }
  if (name.startsWith('percentile') && signature.includes('_float8,')) {
    return {
      sql: ([x, p]) => `${name}(${p}) WITHIN GROUP (ORDER BY ${x})`,
      ...sortedTypes(signature),
      constants: [{ at: 0, type: sqlType(OID.float8Array), value: '{0.3,0,1,NULL,0.95}' }],
      orderedSet: true,
      distinct: false,
    };
  }
  if (name.startsWith('percentile')) {
    return {
      sql: ([x, p]) => `${name}(${p}) WITHIN GROUP (ORDER BY ${x})`,
      ...sortedTypes(signature),
      constants: [{ at: 0, type: FLOAT8, value: '0.3' }],
      orderedSet: true,
      distinct: false,
      allows: eitherZero,
    };
  }
  if (/^(avg|var|stddev)/.test(name) && !signature.includes('float')) {
    return { ...plain, permits: 'quotient', allows: refusesOverflow };
  }
  if (signature.includes('float') && !/^(min|max)/.test(name)) {
    return {
      ...plain,
      permits: 'float-last-digit',
      allows: eitherOverflows,
      ...(signature.includes(',') ? { distinct: false as const } : {}),
    };
  }
  if (/^(min|max)\(float/.test(signature)) return { ...plain, allows: eitherZero };
  // Which of several equal intervals is the distinct one decides the parts of the sum.
  if (/^(sum|avg)\(interval/.test(signature)) return { ...plain, distinct: false };
  if (/^(min|max)\(interval/.test(signature)) return { ...plain, allows: equalLength };
  return plain;
}

/** The separator is a column, too. */
function separated(type: string): AggregateOptions {
  return {
    sql: ([x, y], modifier) => `string_agg(${modifier}${x}, ${y} ORDER BY ${x}, ${y})`,
    types: [[type, type]],
    ordered: true,
  };
}

/** Of intervals none that are of equal length and differ: either of them is first. */
const INTERVALS = [
  '1 day 02:00',
  '00:00:00.000001',
  '-3 days',
  '2 mons 5 days',
  '10 years',
  '36:30:00',
  null,
];

function sortedTypes(signature: string): Pick<AggregateOptions, 'types' | 'values'> {
  if (signature.endsWith(',interval)')) {
    return { types: [['interval']], values: [[{ type: sqlType(OID.interval), values: INTERVALS }]] };
  }
  return { types: signature.startsWith('percentile_cont') ? [['float8']] : [['int4'], ['float8'], ['text']] };
}

function objectOptions(name: string): AggregateOptions {
  return {
    sql: ([key, value]) => `${name}(${key}, ${value} ORDER BY ${key}, ${value})`,
    types: [
      ['text', 'int4'],
      ['int4', 'text'],
    ],
    values: [
      [{ type: TEXT, values: ['', 'a', 'b', 'É', "it's"] }],
      [{ type: sqlType(OID.int4), values: ['1', '-7', null] }],
    ],
    distinct: false,
    ordered: true,
  };
}

/** Equal to PostgreSQL's comparison, but not the same: either is an answer. */
const eitherZero = (want: Outcome, got: Outcome): boolean =>
  want.kind === 'value' && got.kind === 'value' && Number(want.value) === 0 && Number(got.value) === 0;

const MICROS_PER_DAY = 86_400_000_000n;

/** Months of 30 days, days of 24 hours. */
function lengthOf(interval: string | null): bigint | undefined {
  const [months, days, micros] = (interval ?? '').split(' ').map((part) => BigInt(part || 0));
  return ((months ?? 0n) * 30n + (days ?? 0n)) * MICROS_PER_DAY + (micros ?? 0n);
}

const equalLength = (want: Outcome, got: Outcome): boolean =>
  want.kind === 'value' && got.kind === 'value' && lengthOf(want.value) === lengthOf(got.value);

/**
 * PostgreSQL's accumulator of floats also carries the sum of squares: it reports its overflow for an avg, too. The values that
 * overflow nothing else are answered.
 */
const eitherOverflows = (want: Outcome, got: Outcome): boolean =>
  [want, got].some((outcome) => outcome.kind === 'error' && outcome.sqlstate === '22003');

/** Entries that begin with `skein.` are tested through the splits that use them. */
export const cases: readonly AggregateCase[] = aggregateEntries
  .filter(({ signature }) => !signature.startsWith('skein.'))
  .map(({ signature }) => admitsAggregate(signature, optionsOf(signature)))
  .concat(
    admitsAggregate('string_agg(text,text)', separated('text')),
    ...['mode(anyelement)', 'percentile_disc(float8,anyelement)'].flatMap((signature) => [
      admitsAggregate(signature, {
        ...optionsOf(signature),
        types: [['interval']],
        values: [[{ type: sqlType(OID.interval), values: INTERVALS }]],
      }),
      admitsAggregate(signature, { ...optionsOf(signature), types: [['timetz']] }),
    ]),
  );
