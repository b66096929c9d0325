import { SkeinError } from '../../base/errors.ts';
import { pathIndex } from './json-access.ts';
import {
  JSONB_NULL,
  type Jsonb,
  type JsonbArray,
  type JsonbObject,
  jsonbArray,
  jsonbObject,
} from './jsonb.ts';

const misuse = (message: string): SkeinError => new SkeinError('invalidParameterValue', message);
const isScalar = ({ kind }: Jsonb): boolean => kind !== 'array' && kind !== 'object';

/** PostgreSQL's `||`: objects are merged, everything else joins as arrays. */
export function concatenate(a: Jsonb, b: Jsonb): Jsonb {
  if (a.kind === 'object' && b.kind === 'object') return jsonbObject([...a.members, ...b.members]);
  return jsonbArray([...itemsOf(a), ...itemsOf(b)]);
}

const itemsOf = (value: Jsonb): readonly Jsonb[] => (value.kind === 'array' ? value.items : [value]);

export function withoutKeys(value: Jsonb, keys: readonly (string | null)[]): Jsonb {
  if (value.kind === 'object') {
    return { kind: 'object', members: value.members.filter(({ key }) => !keys.includes(key)) };
  }
  if (value.kind !== 'array') throw misuse('cannot delete from scalar');
  return jsonbArray(value.items.filter((item) => item.kind !== 'string' || !keys.includes(item.value)));
}

export function withoutItem(value: Jsonb, index: number): Jsonb {
  if (value.kind === 'object') throw misuse('cannot delete from object using integer index');
  if (value.kind !== 'array') throw misuse('cannot delete from scalar');
  const at = index < 0 ? value.items.length + index : index;
  return jsonbArray(value.items.filter((_, position) => position !== at));
}

/** What happens at the end of a path. */
interface Change {
  readonly kind: 'delete' | 'set' | 'insert';
  readonly value: Jsonb;
  /** Of `set`: a member or item that isn't there is made. */
  readonly create: boolean;
  /** Of `insert` into an array. */
  readonly after: boolean;
}

type Path = readonly (string | null)[];

export function withoutPath(value: Jsonb, path: Path): Jsonb {
  if (isScalar(value)) throw misuse('cannot delete path in scalar');
  return changed(value, path, { kind: 'delete', value: JSONB_NULL, create: false, after: false });
}

export function withPath(value: Jsonb, path: Path, replacement: Jsonb, create: boolean): Jsonb {
  if (isScalar(value)) throw misuse('cannot set path in scalar');
  return changed(value, path, { kind: 'set', value: replacement, create, after: false });
}

export function withInserted(value: Jsonb, path: Path, inserted: Jsonb, after: boolean): Jsonb {
  if (isScalar(value)) throw misuse('cannot set path in scalar');
  return changed(value, path, { kind: 'insert', value: inserted, create: true, after });
}

function changed(value: Jsonb, path: Path, change: Change): Jsonb {
  const empty = value.kind === 'array' ? value.items.length === 0 : isEmptyObject(value);
  if (path.length === 0 || (empty && !change.create)) return value;
  return along(value, path, 0, change);
}

const isEmptyObject = (value: Jsonb): boolean => value.kind === 'object' && value.members.length === 0;

function along(value: Jsonb, path: Path, level: number, change: Change): Jsonb {
  const name = path[level];
  if (name === null || name === undefined) {
    throw new SkeinError({ sqlstate: '22004' }, `path element at position ${level + 1} is null`);
  }
  if (value.kind === 'object') return inObject(value, name, path, level, change);
  return value.kind === 'array' ? inArray(value, name, path, level, change) : value;
}

function inObject(object: JsonbObject, name: string, path: Path, level: number, change: Change): Jsonb {
  const found = object.members.find(({ key }) => key === name);
  const last = level === path.length - 1;
  if (found === undefined) {
    const made = last && change.create && change.kind !== 'delete';
    return made ? jsonbObject([...object.members, { key: name, value: change.value }]) : object;
  }
  if (last && change.kind === 'insert') {
    throw new SkeinError('invalidParameterValue', 'cannot replace existing key', {
      hint: 'Try using the function jsonb_set to replace key value.',
    });
  }
  if (last && change.kind === 'delete') return withoutKeys(object, [name]);
  const value = last ? change.value : along(found.value, path, level + 1, change);
  return {
    kind: 'object',
    members: object.members.map((member) => (member === found ? { key: name, value } : member)),
  };
}

function inArray(array: JsonbArray, name: string, path: Path, level: number, change: Change): Jsonb {
  const index = pathIndex(name);
  if (index === undefined) {
    throw new SkeinError('invalidText', `path element at position ${level + 1} is not an integer: "${name}"`);
  }
  const { items } = array;
  const at = index < 0 ? items.length + index : index;
  const last = level === path.length - 1;
  const present = at >= 0 && at < items.length;
  if (!last) {
    return present
      ? jsonbArray(
          items.map((item, position) => (position === at ? along(item, path, level + 1, change) : item)),
        )
      : array;
  }
  if (change.kind === 'delete') return jsonbArray(items.filter((_, position) => position !== at));
  if (!present) return change.create ? atEnd(items, at, change.value) : array;
  if (change.kind === 'set') return jsonbArray(items.with(at, change.value));
  const place = change.after ? at + 1 : at;
  return jsonbArray([...items.slice(0, place), change.value, ...items.slice(place)]);
}

const atEnd = (items: readonly Jsonb[], at: number, value: Jsonb): Jsonb =>
  jsonbArray(at < 0 ? [value, ...items] : [...items, value]);

/** Members that are null are left out, at every depth. */
export function withoutNulls(value: Jsonb, inArrays: boolean): Jsonb {
  if (value.kind === 'array') {
    const kept = inArrays ? value.items.filter(({ kind }) => kind !== 'null') : value.items;
    return jsonbArray(kept.map((item) => withoutNulls(item, inArrays)));
  }
  if (value.kind !== 'object') return value;
  const members = value.members.filter((member) => member.value.kind !== 'null');
  return {
    kind: 'object',
    members: members.map(({ key, value: of }) => ({ key, value: withoutNulls(of, inArrays) })),
  };
}
