import { refuse } from '../../base/errors.ts';
import { elementType, type SqlType } from '../../types/sql-type.ts';
import type { AggregateContext, AggregateEntry } from '../entries.ts';
import { admitJsonValue, type JsonTarget, jsonKey, jsonValue } from '../functions/json-value.ts';

const TARGETS: readonly JsonTarget[] = ['json', 'jsonb'];

/** Each row, or array, but the first stands on a line of its own; what is NULL doesn't. */
const lines = (list: string): string =>
  `host_json_array(list_transform(${list}, lambda j, i: CASE WHEN i > 1 THEN '\n ' || j ELSE j END), ', ')`;

function joined(list: string, type: SqlType | undefined, target: JsonTarget): string {
  if (type !== undefined) admitJsonValue(type, undefined);
  const isArray = type !== undefined && elementType(type) !== undefined;
  return target === 'json' && isArray ? lines(list) : `host_json_array(${list}, ', ')`;
}

/** Its items are made JSON after they were collected, so that DISTINCT and ORDER BY are about the values themselves. */
function collected(
  x: string,
  type: SqlType | undefined,
  target: JsonTarget,
  { call }: AggregateContext,
): string {
  return `list_transform(${call('list', [x])}, lambda e: ${jsonValue('e', type, undefined, target)})`;
}

const arrays: readonly AggregateEntry[] = TARGETS.flatMap((target): readonly AggregateEntry[] => [
  {
    signature: `${target}_agg(anyelement)`,
    print: ([x = ''], [type], _result, context) => joined(collected(x, type, target, context), type, target),
  },
  {
    signature: `${target}_agg_strict(anyelement)`,
    print: ([x = ''], [type], _result, context) =>
      joined(`list_filter(${collected(x, type, target, context)}, lambda j: j IS NOT NULL)`, type, target),
  },
]);

const ofRows: readonly AggregateEntry[] = [
  {
    signature: 'skein.json_agg_of_rows(json)',
    print: ([x = ''], _types, _result, { call }) => lines(call('list', [x])),
  },
  {
    signature: 'skein.json_agg_strict_of_rows(json)',
    print: ([x = ''], _types, _result, { call }) =>
      lines(`list_filter(${call('list', [x])}, lambda j: j IS NOT NULL)`),
  },
];

/** What an object's aggregate does with NULL values, and with keys that come twice. */
const FORMS = ['', '_strict', '_unique', '_unique_strict'] as const;

const objects: readonly AggregateEntry[] = TARGETS.flatMap((target) =>
  FORMS.map(
    (form): AggregateEntry => ({
      signature: `${target}_object_agg${form}(any,any)`,
      print: ([key = '', value = ''], [keyType, valueType], _result, { call, distinct }) => {
        if (distinct) throw refuse(`${target}_object_agg${form} of DISTINCT pairs`);
        if (valueType !== undefined) admitJsonValue(valueType, undefined);
        const pair = `{k: ${jsonKey(key, keyType, undefined)}, v: ${jsonValue(value, valueType, undefined, target)}}`;
        return `skein_json_object_of(${call('list', [pair])}, '${target}', '${form}')`;
      },
    }),
  ),
);

export const jsonAggregates: readonly AggregateEntry[] = [...arrays, ...ofRows, ...objects];
