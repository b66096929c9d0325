import type { AggregateCall } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { elementType, type SqlType } from '../../types/sql-type.ts';
import type { AggregateContext, AggregateEntry } from '../entries.ts';
import { admitJsonValue, type JsonTarget, jsonKey, jsonValue } from '../functions/json-value.ts';
import { admitPairs, pairs } from './pairs.ts';

const TARGETS: readonly JsonTarget[] = ['json', 'jsonb'];

/** Each row, or array, but the first stands on a line of its own; what is NULL doesn't. */
const lines = (list: string): string =>
  `host_json_array(list_transform(${list}, lambda j, i: CASE WHEN i > 1 THEN '\n ' || j ELSE j END), ', ')`;

function joined(list: string, type: SqlType | undefined, target: JsonTarget): string {
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

function admitItems({ args }: AggregateCall): void {
  for (const arg of args) admitJsonValue(exprType(arg), undefined);
}

const arrays: readonly AggregateEntry[] = TARGETS.flatMap((target): readonly AggregateEntry[] => [
  {
    signature: `${target}_agg(anyelement)`,
    admit: admitItems,
    print: ([x = ''], [type], _result, context) => joined(collected(x, type, target, context), type, target),
  },
  {
    signature: `${target}_agg_strict(anyelement)`,
    admit: admitItems,
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
      admit: (call) => {
        const [key, value] = call.args.map(exprType);
        jsonKey('', key, undefined);
        if (value !== undefined) admitJsonValue(value, undefined);
        admitPairs(call);
      },
      print: ([key = '', value = ''], [keyType, valueType], _result, context) => {
        const member = `{k: ${jsonKey('p.a', keyType, undefined)}, v: ${jsonValue('p.b', valueType, undefined, target)}}`;
        const members = `list_transform(${pairs(key, value, context)}, lambda p: ${member})`;
        return `skein_json_object_of(${members}, '${target}', '${form}')`;
      },
    }),
  ),
);

export const jsonAggregates: readonly AggregateEntry[] = [...arrays, ...ofRows, ...objects];
