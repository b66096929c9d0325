import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { elementType, OID, type SqlType } from '../../types/sql-type.ts';
import { once } from '../once.ts';
import { timestamptzText } from './datetime-casts.ts';
import { textOf } from './output.ts';
import { admitZone, constantZone } from './zone.ts';

export type JsonTarget = 'json' | 'jsonb';

const AS_TEXT: ReadonlySet<number> = new Set([OID.bool, OID.int2, OID.int4, OID.int8]);

/**
 * A value as PostgreSQL's to_json and to_jsonb have it: text of JSON, NULL for NULL.
 * @param zone the session's zone, that the text of a timestamptz depends on.
 * @throws 0A000 for types whose text isn't carried.
 */
export function jsonValue(
  sql: string,
  type: SqlType | undefined,
  zone: Expr | undefined,
  target: JsonTarget,
): string {
  const oid = type?.oid ?? 0;
  const element = type === undefined ? undefined : elementType(type);
  if (element !== undefined) return arrayValue(sql, element, zone, target);
  if (AS_TEXT.has(oid)) return `CAST(${sql} AS VARCHAR)`;
  switch (oid) {
    case OID.numeric:
      return textOf(sql, type, 'output');
    case OID.float4:
    case OID.float8:
      return once([sql], ([x = '']) => {
        const text = textOf(x, type, 'output');
        const number = target === 'jsonb' ? `host_jsonb_normal(${text})` : text;
        return `CASE WHEN isfinite(${x}) THEN ${number} ELSE host_json_quote(${text}) END`;
      });
    case OID.json:
      return target === 'jsonb' ? `host_jsonb_normal(${sql})` : sql;
    case OID.jsonb:
      return sql;
    case OID.timestamp:
      return quoted(withT(textOf(sql, type, 'output')));
    case OID.timestamptz:
      return quoted(fullOffset(withT(timestamptzText(constantZone(zone), sql))));
    default:
      return quoted(textOf(sql, type, 'output'));
  }
}

const quoted = (text: string): string => `host_json_quote(${text})`;

/** ISO 8601: the first blank is a T; ` BC` stays. */
const withT = (text: string): string => `regexp_replace(${text}, '^([0-9-]+) ', '\\1T')`;

/** The offset always with its minutes. */
const fullOffset = (text: string): string =>
  `regexp_replace(${text}, '([+-][0-9][0-9])( BC)?$', '\\1:00\\2')`;

function arrayValue(sql: string, element: SqlType, zone: Expr | undefined, target: JsonTarget): string {
  const separator = target === 'json' ? ',' : ', ';
  return `host_json_array(list_transform(${sql}, lambda e: ${jsonValue('e', element, zone, target)}), '${separator}')`;
}

/** For `admit`: the types' text must be carried, and the zone be known. */
export function admitJsonValue(type: SqlType, zone: Expr | undefined): void {
  const element = elementType(type) ?? type;
  if (element.oid === OID.timestamptz) admitZone(zone);
  else jsonValue('', type, undefined, 'json');
}

/** A value as the key of an object. @throws 0A000 where PostgreSQL reports an error by the type. */
export function jsonKey(sql: string, type: SqlType | undefined, zone: Expr | undefined): string {
  const oid = type?.oid ?? 0;
  if (oid === OID.json || oid === OID.jsonb || (type !== undefined && elementType(type) !== undefined)) {
    throw refuse('an object key that is an array or json');
  }
  if (oid === OID.timestamp) return withT(textOf(sql, type, 'output'));
  if (oid === OID.timestamptz) return fullOffset(withT(timestamptzText(constantZone(zone), sql)));
  if (oid === OID.bool) return `CAST(${sql} AS VARCHAR)`;
  return textOf(sql, type, 'output');
}
