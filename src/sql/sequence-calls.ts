import { type RawNode, rawFields, rawList, rawString } from './raw-tree.ts';

const FUNCTIONS: ReadonlySet<string> = new Set(['nextval', 'currval', 'setval', 'lastval']);

/** Whether a function of sequences occurs in a statement. */
export function callsSequence({ tag, fields }: RawNode): boolean {
  return occurs({ [tag]: fields });
}

function occurs(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(occurs);
  const fields = rawFields(value);
  const [schema, name] = rawList(fields['funcname']).map(rawString).slice(-2);
  if (FUNCTIONS.has(name ?? schema ?? '')) return true;
  return Object.values(fields).some((field) => typeof field === 'object' && occurs(field));
}
