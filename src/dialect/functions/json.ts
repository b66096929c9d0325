import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { MAX_DECIMAL_PRECISION, numericType, type SqlType } from '../../types/sql-type.ts';
import type { ScalarEntry } from '../entries.ts';
import { admitJsonValue, type JsonTarget, jsonKey, jsonValue } from './json-value.ts';

type Print = ScalarEntry['print'];

const entry = (signature: string, print: Print): ScalarEntry => ({ signature, print });

/** The host function of the same arguments. */
const host = (signature: string, name: string): ScalarEntry =>
  entry(signature, (args) => `host_${name}(${args.join(', ')})`);

const BOTH: readonly JsonTarget[] = ['json', 'jsonb'];

/** `->` and its kin, as operators and as the functions behind them. */
const access: readonly ScalarEntry[] = BOTH.flatMap((type) => [
  host(`${type} -> text`, 'json_field'),
  host(`${type} ->> text`, 'json_field_text'),
  host(`${type} -> int4`, `${type}_item`),
  host(`${type} ->> int4`, `${type}_item_text`),
  host(`${type} #> _text`, 'json_path'),
  host(`${type} #>> _text`, 'json_path_text'),
  host(`${type}_object_field(${type},text)`, 'json_field'),
  host(`${type}_object_field_text(${type},text)`, 'json_field_text'),
  host(`${type}_array_element(${type},int4)`, `${type}_item`),
  host(`${type}_array_element_text(${type},int4)`, `${type}_item_text`),
  host(`${type}_extract_path(${type},_text)`, 'json_path'),
  host(`${type}_extract_path_text(${type},_text)`, 'json_path_text'),
  host(`${type}_array_length(${type})`, 'json_length'),
  host(`${type}_typeof(${type})`, 'json_type'),
]);

/** One key is a list of one. */
const list = (sql: string | undefined): string => `[${sql}]`;

/** Of keys, so that joins by equality hash. */
const comparisons: readonly ScalarEntry[] = [
  ...(['=', '<>', '<', '<=', '>', '>='] as const).map((operator) =>
    entry(`jsonb ${operator} jsonb`, ([l, r]) => `(host_jsonb_key(${l}) ${operator} host_jsonb_key(${r}))`),
  ),
  host('skein.jsonb_key(jsonb)', 'jsonb_key'),
];

const jsonbOperators: readonly ScalarEntry[] = [
  ...comparisons,
  host('jsonb @> jsonb', 'jsonb_contains'),
  entry('jsonb <@ jsonb', ([l, r]) => `host_jsonb_contains(${r}, ${l})`),
  host('jsonb ? text', 'jsonb_has'),
  host('jsonb ?| _text', 'jsonb_has_any'),
  host('jsonb ?& _text', 'jsonb_has_all'),
  host('jsonb || jsonb', 'jsonb_concat'),
  entry(
    'jsonb - text',
    ([x, key]) => `CASE WHEN ${key} IS NOT NULL THEN host_jsonb_without_keys(${x}, ${list(key)}) END`,
  ),
  host('jsonb - int4', 'jsonb_without_item'),
  host('jsonb - _text', 'jsonb_without_keys'),
  host('jsonb #- _text', 'jsonb_without_path'),
];

const jsonbFunctions: readonly ScalarEntry[] = [
  host('jsonb_contains(jsonb,jsonb)', 'jsonb_contains'),
  host('jsonb_exists(jsonb,text)', 'jsonb_has'),
  host('jsonb_exists_any(jsonb,_text)', 'jsonb_has_any'),
  host('jsonb_exists_all(jsonb,_text)', 'jsonb_has_all'),
  host('jsonb_concat(jsonb,jsonb)', 'jsonb_concat'),
  host('jsonb_delete_path(jsonb,_text)', 'jsonb_without_path'),
  host('jsonb_set(jsonb,_text,jsonb,bool)', 'jsonb_set'),
  host('jsonb_insert(jsonb,_text,jsonb,bool)', 'jsonb_insert'),
  host('jsonb_strip_nulls(jsonb,bool)', 'jsonb_strip_nulls'),
  host('jsonb_pretty(jsonb)', 'jsonb_pretty'),
];

/** The session's zone is the last expression, after the call's own arguments. */
const zoneOf = (exprs: readonly Expr[]): Expr | undefined => exprs.at(-1);

/** A list of the arguments' JSON. */
const values = (
  args: readonly string[],
  types: readonly SqlType[],
  exprs: readonly Expr[],
  target: JsonTarget,
): string => `[${args.map((arg, index) => jsonValue(arg, types[index], zoneOf(exprs), target)).join(', ')}]`;

const empty = (list: string): string => (list === '[]' ? `CAST([] AS VARCHAR[])` : list);

function admitValues(exprs: readonly Expr[]): void {
  for (const expr of exprs.slice(0, -1)) admitJsonValue(exprType(expr), zoneOf(exprs));
}

function printArray(target: JsonTarget): Print {
  return (args, types, _result, exprs) =>
    `host_json_array(${empty(values(args.slice(0, -1), types, exprs, target))}, ', ')`;
}

function admitPairs(exprs: readonly Expr[]): void {
  if ((exprs.length - 1) % 2 !== 0) throw refuse('an object built of an odd number of arguments');
  exprs.slice(0, -1).forEach((expr, index) => {
    if (index % 2 === 0) jsonKey('', exprType(expr), { kind: 'const', type: exprType(expr), value: 'UTC' });
    else admitJsonValue(exprType(expr), zoneOf(exprs));
  });
}

function printObject(target: JsonTarget): Print {
  return (args, types, _result, exprs) => {
    const own = args.slice(0, -1);
    const keys = own.flatMap((arg, index) =>
      index % 2 === 0 ? [jsonKey(arg, types[index], zoneOf(exprs))] : [],
    );
    const of = own.flatMap((arg, index) =>
      index % 2 === 1 ? [jsonValue(arg, types[index], zoneOf(exprs), target)] : [],
    );
    const built = `host_json_object(${empty(`[${keys.join(', ')}]`)}, ${empty(`[${of.join(', ')}]`)}, '${target}')`;
    return target === 'json' ? built : `host_jsonb_normal(${built})`;
  };
}

const building: readonly ScalarEntry[] = BOTH.flatMap((target): readonly ScalarEntry[] => [
  {
    signature: `to_${target}(anyelement)`,
    usesTimeZone: true,
    admit: admitValues,
    print: ([x = ''], types, _result, exprs) => jsonValue(x, types[0], zoneOf(exprs), target),
  },
  { signature: `${target}_build_array()`, print: () => `'[]'::VARCHAR` },
  { signature: `${target}_build_object()`, print: () => `'{}'::VARCHAR` },
  {
    signature: `${target}_build_array(any)`,
    usesTimeZone: true,
    admit: admitValues,
    print: printArray(target),
  },
  {
    signature: `${target}_build_object(any)`,
    usesTimeZone: true,
    admit: admitPairs,
    print: printObject(target),
  },
]);

const TEXTS_TO_JSON: readonly ScalarEntry[] = BOTH.flatMap((type) => {
  const built = (keys: string, of: string): string => {
    const object = `host_json_object(${keys}, list_transform(${of}, lambda e: host_json_quote(e)), '${type}_object')`;
    return type === 'json' ? object : `host_jsonb_normal(${object})`;
  };
  return [
    entry(`${type}_object(_text)`, ([x]) =>
      built(`host_json_pair_part(${x}, 0)`, `host_json_pair_part(${x}, 1)`),
    ),
    entry(
      `${type}_object(_text,_text)`,
      ([keys = '', of = '']) =>
        `CASE WHEN (len(${keys}) = 0) <> (len(${of}) = 0) THEN error('SKEIN:2202E:wrong number of array subscripts')
          WHEN len(${keys}) <> len(${of}) THEN error('SKEIN:2202E:mismatched array dimensions') ELSE ${built(keys, of)} END`,
    ),
  ];
});

const arrayToJson: ScalarEntry = {
  signature: 'array_to_json(anyarray)',
  usesTimeZone: true,
  admit: admitValues,
  print: ([x = ''], types, _result, exprs) => jsonValue(x, types[0], zoneOf(exprs), 'json'),
};

/** What the set-returning functions yield, as arrays: FROM unnests them (test/oracle/queries/json.sql). */
const sets: readonly ScalarEntry[] = BOTH.flatMap((type) => [
  ...['', '_text'].flatMap((form) => [
    entry(
      `skein.${type}_array_elements${form}(${type})`,
      ([x]) => `host_json_elements('${type}_array_elements${form}', ${x})`,
    ),
    entry(
      `skein.${type}_each${form}_key(${type})`,
      ([x]) => `host_json_each_key('${type}_each${form}', ${x})`,
    ),
    entry(
      `skein.${type}_each${form}_value(${type})`,
      ([x]) => `host_json_each_value('${type}_each${form}', ${x})`,
    ),
  ]),
  entry(
    `skein.${type}_to_recordset(${type})`,
    ([x, key, asJson]) => `host_json_record_members('${type}_to_recordset', ${x}, ${key}, ${asJson})`,
  ),
  // Of NULL one row of NULLs.
  entry(
    `skein.${type}_to_record(${type})`,
    ([x, key, asJson]) =>
      `coalesce(host_json_record_members('${type}_to_record', ${x}, ${key}, ${asJson}), [NULL::VARCHAR])`,
  ),
  entry(`skein.${type}_object_keys(${type})`, ([x]) => `host_json_keys('${type}_object_keys', ${x})`),
]);

const TEXTS = ['text', 'varchar', 'bpchar'] as const;

const casts: readonly ScalarEntry[] = [
  ...TEXTS.flatMap((text) => [
    host(`cast ${text} -> json`, 'json_check'),
    host(`cast ${text} -> jsonb`, 'jsonb_normal'),
    ...BOTH.map((type) => entry(`cast ${type} -> ${text}`, ([x]) => `${x}`)),
  ]),
  host('cast json -> jsonb', 'jsonb_normal'),
  entry('cast jsonb -> json', ([x]) => `${x}`),
  host('cast jsonb -> bool', 'jsonb_boolean'),
  ...(
    [
      ['int2', 'smallint', 'SMALLINT'],
      ['int4', 'integer', 'INTEGER'],
      ['int8', 'bigint', 'BIGINT'],
    ] as const
  ).map(([type, name, carrier]) =>
    entry(`cast jsonb -> ${type}`, ([x]) => `CAST(host_jsonb_number(${x}, '${name}') AS ${carrier})`),
  ),
  entry('cast jsonb -> float8', ([x]) => `skein_text_float8(host_jsonb_number(${x}, 'double precision'))`),
  entry('cast jsonb -> float4', ([x]) => `skein_text_float4(host_jsonb_number(${x}, 'real'))`),
  {
    signature: 'cast jsonb -> numeric',
    print: ([x]) => `skein_text_numeric(host_jsonb_number(${x}, 'numeric'))`,
    numericResult: () => ({ ...numericType(MAX_DECIMAL_PRECISION, 20), quotient: 'derived' }),
  },
];

export const jsonEntries: readonly ScalarEntry[] = [
  ...access,
  ...jsonbOperators,
  ...jsonbFunctions,
  ...building,
  arrayToJson,
  ...sets,
  ...TEXTS_TO_JSON,
  host('json_strip_nulls(json,bool)', 'json_strip_nulls'),
  ...casts,
];
