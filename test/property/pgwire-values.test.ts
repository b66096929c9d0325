import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ColumnCarrier } from '../../src/pgwire/session-handler.ts';
import { decodeParameter } from '../../src/pgwire/values/decode-parameter.ts';
import type { TextSettings } from '../../src/pgwire/values/encoders.ts';
import type { Vector } from '../../src/types/batch.ts';
import { OID } from '../../src/types/sql-type.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { bytesVector, carrier } from './pgwire-fixture.ts';
import {
  encodeColumn,
  fixedVector,
  listVector,
  putInteger,
  RUNS,
  sample,
  texts,
} from './pgwire-values-fixture.ts';

let postgres: Postgres;
let client: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  const { port, user, password } = postgres;
  client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'postgres' });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await postgres.close();
});

/** Values as they lie in a vector, and the type under which PostgreSQL knows them. */
interface Column {
  readonly type: string;
  readonly carrier: ColumnCarrier;
  readonly vector: Vector;
  readonly rows: number;
  /** PostgreSQL's input; by default our own text, which is then compared with PostgreSQL's. */
  readonly literals?: readonly (string | null)[];
}

interface Oracle {
  readonly text: string | null;
  readonly binary: string | null;
}

async function textRows(sql: string, parameters: unknown[] = []): Promise<(string | null)[][]> {
  const result = await client.query({
    text: sql,
    values: parameters,
    rowMode: 'array',
    types: { getTypeParser: () => (value: string | null) => value },
  });
  return result.rows;
}

async function sendFunction(type: string): Promise<string> {
  const [row] = await textRows(`SELECT typsend::text FROM pg_type WHERE oid = '${type}'::regtype`);
  return row![0]!.replace('pg_catalog.', '');
}

function literalsOf(column: Column): (string | null)[] {
  const own = encodeColumn(column.vector, column.carrier, 0, column.rows);
  return column.literals?.slice() ?? own.map((value) => value?.toString() ?? null);
}

async function load(column: Column): Promise<void> {
  await textRows('RESET ALL');
  await textRows('DROP TABLE IF EXISTS v');
  await textRows('CREATE TEMP TABLE v (o bigint, s text)');
  await textRows('INSERT INTO v SELECT o, s FROM unnest($1::text[]) WITH ORDINALITY u(s, o)', [
    literalsOf(column),
  ]);
  await textRows(`ALTER TABLE v ADD x ${column.type}`);
  await textRows(`UPDATE v SET x = s::${column.type}`);
}

async function oracle(column: Column): Promise<Oracle[]> {
  const send = await sendFunction(column.type);
  const rows = await textRows(`SELECT x, encode(${send}(x), 'hex') FROM v ORDER BY o`);
  return rows.map(([text, binary]) => ({ text: text!, binary: binary! }));
}

function ours(column: Column, settings: Partial<TextSettings> = {}): Oracle[] {
  const text = encodeColumn(column.vector, column.carrier, 0, column.rows, settings);
  const binary = encodeColumn(column.vector, column.carrier, 1, column.rows, settings);
  return text.map((value, i) => ({
    text: value?.toString() ?? null,
    binary: binary[i]?.toString('hex') ?? null,
  }));
}

/** Text and binary of our encoder are PostgreSQL's own. */
async function expectEqual(column: Column): Promise<void> {
  await load(column);
  expect(ours(column)).toEqual(await oracle(column));
  await expectDecodes(column);
}

/** PostgreSQL's binary form, read as a parameter, is a text that PostgreSQL reads as the same value. */
async function expectDecodes(column: Column): Promise<void> {
  const binary = encodeColumn(column.vector, column.carrier, 1, column.rows);
  const decoded = binary.map((value) => decodeParameter(column.carrier.oid, 1, value));
  const texts =
    column.carrier.oid === OID.interval
      ? decoded.map(
          (text) => text?.replace(/^(\S+) (\S+) (\S+)$/, '$1 months $2 days $3 microseconds') ?? null,
        )
      : decoded;
  const send = await sendFunction(column.type);
  const rows = await textRows(
    `SELECT encode(${send}(s::${column.type}), 'hex') FROM unnest($1::text[]) WITH ORDINALITY u(s, o) ORDER BY o`,
    [texts],
  );
  expect(rows.map(([hex]) => hex)).toEqual(binary.map((value) => value?.toString('hex') ?? null));
}

const INT64_MAX = 9_223_372_036_854_775_807n;
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 10 });
const bigints = (bits: number) =>
  fc.oneof(
    fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }),
    fc
      .integer({ min: 1, max: bits - 1 })
      .chain((n) => fc.bigInt({ min: -(2n ** BigInt(n - 1)), max: 2n ** BigInt(n - 1) - 1n })),
    fc.constantFrom(0n, 1n, -1n, -(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n),
  );

function integerColumn(
  type: string,
  oid: number,
  layout: 'int16' | 'int32' | 'int64',
  width: 2 | 4 | 8,
): Column {
  const values = sample(nullable(bigints(width * 8)), RUNS);
  const vector = fixedVector(layout, values, putInteger(width));
  return { type, carrier: carrier(oid), vector, rows: values.length };
}

describe('integers, booleans, uuid', () => {
  it.each([
    ['int2', OID.int2, 'int16', 2],
    ['int4', OID.int4, 'int32', 4],
    ['int8', OID.int8, 'int64', 8],
  ] as const)('%s', (type, oid, layout, width) => expectEqual(integerColumn(type, oid, layout, width)));

  it('oid', () => {
    const values = [0n, 1n, 4_294_967_295n, null, ...sample(fc.bigInt({ min: 0n, max: 4_294_967_295n }), 50)];
    const vector = fixedVector('int64', values, putInteger(8));
    return expectEqual({ type: 'oid', carrier: carrier(OID.oid), vector, rows: values.length });
  });

  it('bool', () => {
    const values = [1n, 0n, null, 1n];
    const vector = fixedVector('bool', values, putInteger(1));
    return expectEqual({ type: 'bool', carrier: carrier(OID.bool), vector, rows: values.length });
  });

  it('uuid', () => {
    const values = sample(nullable(fc.uuid()), 100);
    const flipped = (text: string) => BigInt(`0x${text.replaceAll('-', '')}`) ^ (1n << 127n);
    const vector = fixedVector('uuid', values, (view, at, value: string) =>
      putInteger(16)(view, at, flipped(value)),
    );
    return expectEqual({
      type: 'uuid',
      carrier: carrier(OID.uuid),
      vector,
      rows: values.length,
      literals: values,
    });
  });
});

describe('floats', () => {
  const doubles = fc.oneof(
    fc.double(),
    fc
      .bigInt({ min: 0n, max: 2n ** 64n - 1n })
      .map((bits) => new Float64Array(new BigUint64Array([bits]).buffer)[0]!),
    fc.tuple(fc.integer(), fc.integer({ min: 0, max: 12 })).map(([n, scale]) => n / 10 ** scale),
    fc.tuple(fc.maxSafeInteger(), fc.integer({ min: -30, max: 30 })).map(([n, power]) => n * 10 ** power),
    fc.integer({ min: -1074, max: 1023 }).map((power) => 2 ** power),
    fc.integer({ min: -307, max: 308 }).map((power) => Number(`1e${power}`)),
    fc.constantFrom(
      0,
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      1e23,
      5e-324,
      1.7976931348623157e308,
      1e15,
      1e14,
      1e-4,
      1e-5,
    ),
  );
  const floats = fc.oneof(
    fc.float(),
    fc
      .bigInt({ min: 0n, max: 2n ** 32n - 1n })
      .map((bits) => new Float32Array(new Uint32Array([Number(bits)]).buffer)[0]!),
    fc
      .tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: -8, max: 12 }))
      .map(([n, scale]) => n / 10 ** scale),
    fc.integer({ min: -149, max: 127 }).map((power) => 2 ** power),
    fc.constantFrom(
      0,
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      1e20,
      1e6,
      1e5,
      1e-5,
      1.4e-45,
      3.4028234663852886e38,
    ),
  );
  const literal = (value: number | null) => {
    if (value === null) return null;
    return Object.is(value, -0) ? '-0' : String(value);
  };

  async function compare(column: Column, extraFloatDigits: number): Promise<void> {
    await load(column);
    await textRows(`SET extra_float_digits = ${extraFloatDigits}`);
    expect(ours(column, { extraFloatDigits })).toEqual(await oracle(column));
  }

  it.each([1, 3, 0, -4, -15])('float8, extra_float_digits %i', async (extraFloatDigits) => {
    const values = sample(nullable(doubles), RUNS * 4);
    const vector = fixedVector('float64', values, (view, at, value: number) =>
      view.setFloat64(at, value, true),
    );
    const column = { type: 'float8', carrier: carrier(OID.float8), vector, rows: values.length };
    await compare({ ...column, literals: values.map(literal) }, extraFloatDigits);
    if (extraFloatDigits === 1) await expectDecodes(column);
  });

  it.each([1, 0, -3])('float4, extra_float_digits %i', async (extraFloatDigits) => {
    const values = sample(nullable(floats), RUNS * 4).map((value) =>
      value === null ? null : Math.fround(value),
    );
    const vector = fixedVector('float32', values, (view, at, value: number) =>
      view.setFloat32(at, value, true),
    );
    const column = { type: 'float4', carrier: carrier(OID.float4), vector, rows: values.length };
    await compare({ ...column, literals: values.map(literal) }, extraFloatDigits);
    if (extraFloatDigits === 1) await expectDecodes(column);
  });
});

describe('numeric', () => {
  const decimalText = (value: bigint, scale: number): string => {
    const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
    const whole = digits.slice(0, digits.length - scale);
    const fraction = scale > 0 ? `.${digits.slice(-scale)}` : '';
    return `${value < 0n ? '-' : ''}${whole}${fraction}`;
  };

  it.each([
    ['int16', 4, 0],
    ['int16', 4, 3],
    ['int32', 9, 2],
    ['int32', 9, 9],
    ['int64', 18, 0],
    ['int64', 18, 2],
    ['int64', 18, 18],
    ['int128', 38, 0],
    ['int128', 38, 2],
    ['int128', 38, 6],
    ['int128', 38, 20],
    ['int128', 38, 38],
  ] as const)('%s as numeric(%i,%i)', (layout, precision, scale) => {
    const limit = 10n ** BigInt(precision) - 1n;
    const digits = fc
      .integer({ min: 1, max: precision })
      .chain((n) => fc.bigInt({ min: -(10n ** BigInt(n)) + 1n, max: 10n ** BigInt(n) - 1n }));
    const round = fc.tuple(digits, fc.integer({ min: 0, max: precision - 1 })).map(([value, zeros]) => {
      const unit = 10n ** BigInt(zeros);
      return (value / unit) * unit;
    });
    const values = sample(nullable(fc.oneof(digits, round, fc.constantFrom(0n, limit, -limit))), RUNS);
    const widths = { int16: 2, int32: 4, int64: 8, int128: 16 } as const;
    return expectEqual({
      type: `numeric(${precision},${scale})`,
      carrier: carrier(OID.numeric, scale),
      vector: fixedVector(layout, values, putInteger(widths[layout])),
      rows: values.length,
      literals: values.map((value) => (value === null ? null : decimalText(value, scale))),
    });
  });

  it('as text, with specials and any length', () => {
    const part = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{0,${max}}$`));
    const plain = fc.tuple(fc.boolean(), part(60), part(60)).map(([negative, whole, fraction]) => {
      const digits = whole.replace(/^0+/, '') || '0';
      const sign = negative && /[1-9]/.test(digits + fraction) ? '-' : '';
      return sign + digits + (fraction === '' ? '' : `.${fraction}`);
    });
    const values = sample(
      nullable(fc.oneof(plain, fc.constantFrom('NaN', 'Infinity', '-Infinity', '0.0000'))),
      RUNS,
    );
    return expectEqual({
      type: 'numeric',
      carrier: carrier(OID.numeric),
      vector: texts(values),
      rows: values.length,
    });
  });

  it('shows a quotient with the digits that PostgreSQL chooses', async () => {
    const operands = sample(
      fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 1, max: 1e5 })),
      RUNS,
    );
    const rows = await textRows(
      'SELECT round(a::numeric / b, 20), (a::numeric / b)::text FROM unnest($1::int[], $2::int[]) u(a, b)',
      [operands.map(([a]) => a), operands.map(([, b]) => b)],
    );
    const shown = rows.filter(
      ([rounded, text]) => rounded === '0.00000000000000000000' || fits(rounded!, text!),
    );
    expect(shown.length).toBeGreaterThan(RUNS / 2);
    const values = shown.map(([rounded]) => BigInt(rounded!.replace('.', '')));
    const vector = fixedVector('int128', values, putInteger(16));
    const texts = encodeColumn(vector, carrier(OID.numeric, 20, 'quotient'), 0, values.length);
    expect(texts.map(String)).toEqual(shown.map(([, text]) => text!.slice(0, text!.indexOf('.') + 21)));
  });

  /** PostgreSQL's estimate of the weight is the weight: else it shows four digits more or less. */
  function fits(rounded: string, text: string): boolean {
    const whole = rounded.replace('-', '').split('.')[0]!;
    const weight = whole === '0' ? -1 : Math.floor((whole.length - 1) / 4);
    const small = whole === '0' && /^-?0\.0000/.test(rounded);
    return !small && text.split('.')[1]!.length === 16 - 4 * weight;
  }

  it.each([
    ['12.5', '12.5000000000000000'],
    ['0.5', '0.50000000000000000000'],
    ['0', '0.00000000000000000000'],
    ['12345.678', '12345.678000000000'],
    ['1.07547169811320754717', '1.07547169811320754717'],
    ['9999.99999999999999995', '9999.99999999999999995000'],
    ['-123456789012345678', '-123456789012345678'],
  ])('shows the quotient %s as %s', (value, shown) => {
    expect(shownOf(value, 'quotient')).toBe(shown);
  });

  it.each(['12.5', '0', '-93.4', '1000', '0.00000000000000000001', '-123456789012345678'])(
    'shows %s, whose scale is its carrier alone, without zeros at its end',
    (value) => {
      expect(shownOf(value, 'trimmed')).toBe(value);
    },
  );

  function shownOf(value: string, shown: 'quotient' | 'trimmed'): string {
    const [whole = '', fraction = ''] = value.split('.');
    const unscaled = BigInt(whole + fraction.padEnd(20, '0'));
    const vector = fixedVector('int128', [unscaled], putInteger(16));
    return String(encodeColumn(vector, carrier(OID.numeric, 20, shown), 0, 1)[0]);
  }
});

const DATE_STYLES = [
  'ISO, MDY',
  'ISO, DMY',
  'SQL, MDY',
  'SQL, DMY',
  'German, DMY',
  'Postgres, MDY',
  'Postgres, DMY',
  'Postgres, YMD',
];
const timestamps = fc.oneof(
  fc.bigInt({ min: -210_866_803_200_000_000n, max: INT64_MAX - 1n }),
  fc.bigInt({ min: -4_000_000_000_000_000n, max: 4_000_000_000_000_000n }),
  fc.integer({ min: -2_000_000_000, max: 4_000_000_000 }).map((seconds) => BigInt(seconds) * 1_000_000n),
  fc.constantFrom(
    INT64_MAX,
    -INT64_MAX,
    0n,
    -1n,
    -210_866_803_200_000_000n,
    -62_135_596_800_000_000n,
    -62_135_596_800_000_001n,
    253_402_300_800_000_000n,
  ),
);

describe('dates and times', () => {
  async function compareStyles(column: Column): Promise<void> {
    await expectEqual(column);
    for (const dateStyle of DATE_STYLES) {
      await textRows(`SET datestyle = '${dateStyle}'`);
      expect(ours(column, { dateStyle })).toEqual(await oracle(column));
    }
  }

  it('date', () => {
    const days = fc.oneof(
      fc.integer({ min: -2_440_588, max: 2_145_042_905 }),
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.constantFrom(
        2_147_483_647,
        -2_147_483_647,
        0,
        -2_440_588,
        -719_528,
        -719_529,
        2_932_896,
        2_932_897,
        2_145_042_905,
      ),
    );
    const values = sample(nullable(days), RUNS * 2).map((value) => (value === null ? null : BigInt(value)));
    const vector = fixedVector('date', values, putInteger(4));
    return compareStyles({ type: 'date', carrier: carrier(OID.date), vector, rows: values.length });
  });

  it('timestamp', () => {
    const values = sample(nullable(timestamps), RUNS * 2);
    const vector = fixedVector('timestamp', values, putInteger(8));
    return compareStyles({ type: 'timestamp', carrier: carrier(OID.timestamp), vector, rows: values.length });
  });

  it('timestamptz in UTC', () => {
    const values = sample(nullable(timestamps), RUNS * 2);
    const vector = fixedVector('timestamp', values, putInteger(8));
    return compareStyles({
      type: 'timestamptz',
      carrier: carrier(OID.timestamptz),
      vector,
      rows: values.length,
    });
  });

  const times = fc.oneof(
    fc.bigInt({ min: 0n, max: 86_400_000_000n }),
    fc.integer({ min: 0, max: 86_400 }).map((seconds) => BigInt(seconds) * 1_000_000n),
    fc.constantFrom(0n, 86_400_000_000n, 86_399_999_999n, 1n, 100_000n),
  );

  it('time', () => {
    const values = sample(nullable(times), RUNS);
    const vector = fixedVector('time', values, putInteger(8));
    return compareStyles({ type: 'time', carrier: carrier(OID.time), vector, rows: values.length });
  });

  it('timetz', () => {
    const offsets = fc.oneof(
      fc.integer({ min: -57_599, max: 57_599 }),
      fc.constantFrom(0, 3600, -12_600, 57_599, -57_599),
    );
    const values = sample(nullable(fc.tuple(times, offsets)), RUNS).map((value) =>
      value === null ? null : (value[0] << 24n) | BigInt(57_599 - value[1]),
    );
    const vector = fixedVector('timetz', values, putInteger(8));
    return compareStyles({ type: 'timetz', carrier: carrier(OID.timetz), vector, rows: values.length });
  });

  it('interval', async () => {
    const int = (...extra: number[]) =>
      fc.oneof(fc.integer(), fc.integer({ min: -40, max: 40 }), fc.constantFrom(0, 0, 1, -1, ...extra));
    const micros = fc.oneof(
      fc.bigInt({ min: -INT64_MAX, max: INT64_MAX }),
      fc.integer({ min: -200_000, max: 200_000 }).map((seconds) => BigInt(seconds) * 1_000_000n),
      fc.integer({ min: -3_000_000, max: 3_000_000 }).map(BigInt),
      fc.constantFrom(0n, 0n, 1_000_000n, -1_000_000n),
    );
    const values = sample(nullable(fc.tuple(int(12, -12), int(), micros)), RUNS * 2);
    const vector = fixedVector(
      'interval',
      values,
      (view, at, [months, days, rest]: [number, number, bigint]) => {
        view.setInt32(at, months, true);
        view.setInt32(at + 4, days, true);
        view.setBigInt64(at + 8, rest, true);
      },
    );
    const column = { type: 'interval', carrier: carrier(OID.interval), vector, rows: values.length };
    await expectEqual(column);
    for (const intervalStyle of ['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601']) {
      await textRows(`SET intervalstyle = '${intervalStyle}'`);
      expect(ours(column, { intervalStyle })).toEqual(await oracle(column));
    }
  });
});

describe('time zones', () => {
  it.each([
    'Europe/Paris',
    'America/New_York',
    'America/St_Johns',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Africa/Monrovia',
    'America/Boa_Vista',
    'Pacific/Apia',
    'Antarctica/Troll',
    'EST5EDT',
    'GMT-3',
    '<+0530>-5:30',
    'Etc/GMT+5',
    'Zulu',
  ])('%s', async (timeZone) => {
    const values = sample(nullable(timestamps), RUNS);
    const column: Column = {
      type: 'timestamptz',
      carrier: carrier(OID.timestamptz),
      vector: fixedVector('timestamp', values, putInteger(8)),
      rows: values.length,
    };
    await load(column);
    await textRows(`SET timezone = '${timeZone}'`);
    expect(ours(column, { timeZone })).toEqual(await oracle(column));
  });
});

describe('bytes', () => {
  const column = (type: string, oid: number, vector: Vector, rows: number): Column => ({
    type,
    carrier: carrier(oid),
    vector,
    rows,
  });
  const unicode = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));

  it.each([
    ['text', OID.text],
    ['varchar', OID.varchar],
  ])('%s', (type, oid) => {
    const values = sample(nullable(unicode), 200);
    return expectEqual(column(type, oid, texts(values), values.length));
  });

  it('bpchar, name, "char", json, jsonb', async () => {
    await expectEqual(column('char(5)', OID.bpchar, texts(['ab   ', null, 'äöüxx']), 3));
    await expectEqual(column('name', OID.name, texts(['a', 'pg_class']), 2));
    await expectEqual(column('"char"', OID.char, texts(['a', '', '\\377', '\\200', null, '\\']), 6));
    await expectEqual(column('json', OID.json, texts(['{"a" : [1,null]}', '"x"', null]), 3));
    await expectEqual(column('jsonb', OID.jsonb, texts(['{"a": [1, null]}', '"x"', null]), 3));
  });

  it('bytea', async () => {
    const values = sample(nullable(fc.uint8Array()), 200);
    const bytea = column('bytea', OID.bytea, bytesVector(values), values.length);
    await expectEqual(bytea);
    await textRows('SET bytea_output = escape');
    expect(ours(bytea, { byteaOutput: 'escape' })).toEqual(await oracle(bytea));
  });

  it('bit, varbit', async () => {
    const values = sample(nullable(fc.stringMatching(/^[01]{0,40}$/)), 200);
    await expectEqual(column('varbit', OID.varbit, texts(values), values.length));
    await expectEqual(column('bit(3)', OID.bit, texts(['101', null, '000']), 3));
  });

  it('arrays', async () => {
    const nasty = fc.oneof(
      unicode,
      fc.constantFrom('', 'null', 'NULL', 'a b', '{x}', 'a,b', 'q"q', 'b\\b', ' ', '\t', 'plain'),
    );
    const lists = <T>(element: fc.Arbitrary<T>) =>
      sample(nullable(fc.array(nullable(element), { maxLength: 6 })), 200);
    const textLists = lists(nasty);
    await expectEqual(column('text[]', OID.textArray, listVector(textLists, texts), textLists.length));
    const numbers = lists(bigints(32));
    const int4 = listVector(numbers, (all) => fixedVector('int32', all, putInteger(4)));
    await expectEqual(column('int4[]', OID.int4Array, int4, numbers.length));
    const decimals = listVector(numbers, (all) => fixedVector('int64', all, putInteger(8)));
    await expectEqual({
      type: 'numeric(18,2)[]',
      carrier: carrier(OID.numericArray, 2),
      vector: decimals,
      rows: numbers.length,
    });
    const instants = lists(timestamps);
    const stamps = listVector(instants, (all) => fixedVector('timestamp', all, putInteger(8)));
    await expectEqual(column('timestamptz[]', OID.timestamptzArray, stamps, instants.length));
    const bools = lists(fc.constantFrom(0n, 1n));
    const flags = listVector(bools, (all) => fixedVector('bool', all, putInteger(1)));
    await expectEqual(column('bool[]', OID.boolArray, flags, bools.length));
  });
});
