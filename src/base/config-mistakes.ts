import { z } from 'zod';

/** What is wrong with a configuration: a line for each mistake, with its key and what was expected. Empty: nothing. */
export function configMistakes<S extends z.ZodType>(
  schema: S,
  input: unknown,
): { readonly value: z.output<S> } | { readonly mistakes: readonly string[] } {
  const result = schema.safeParse(input, { error: (issue) => expectation(issue) });
  if (result.success) return { value: result.data };
  return { mistakes: result.error.issues.flatMap((issue) => lines(issue, schema)) };
}

/** `tables[0].columns."Customer ID"` */
function keyOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = /^[A-Za-z_]\w*$/.test(String(part)) ? String(part) : JSON.stringify(String(part));
      return i === 0 ? name : `.${name}`;
    })
    .join('');
}

function lines(issue: z.core.$ZodIssue, schema: z.ZodType): readonly string[] {
  if (issue.code !== 'unrecognized_keys') {
    const key = keyOf(issue.path);
    return [key === '' ? issue.message : `${key}: ${issue.message}`];
  }
  const known = knownKeys(schema, issue.path);
  return issue.keys.map((key) => `${keyOf([...issue.path, key])}: unknown key${meant(key, known)}`);
}

/** What a schema says where it has no message of its own. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return wanted(kind(issue.expected), issue.input);
    case 'invalid_value':
      return wanted(oneOf(issue.values.map(String)), issue.input);
    case 'too_small':
      return wanted(bound(issue.origin, 'at least', Number(issue.minimum)), issue.input);
    case 'too_big':
      return wanted(bound(issue.origin, 'at most', Number(issue.maximum)), issue.input);
    case 'invalid_union':
      return wanted(oneOf(unionKinds(issue.errors)), issue.input);
    case 'invalid_key':
      return 'the key is empty or too long';
    default:
      return undefined;
  }
}

function wanted(expected: string, input: unknown): string {
  return input === undefined ? `missing; expected ${expected}` : `expected ${expected}, not ${shown(input)}`;
}

function shown(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object' && input !== null) return 'a mapping';
  const text = JSON.stringify(input) ?? String(input);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function kind(expected: string): string {
  switch (expected) {
    case 'string':
      return 'text';
    case 'int':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
    case 'record':
      return 'a mapping of keys to values';
    default:
      return expected;
  }
}

function bound(origin: string, which: string, limit: number): string {
  if (origin === 'string')
    return limit === 1 && which === 'at least' ? 'a text that is not empty' : `${which} ${limit} characters`;
  if (origin === 'array') return `${which} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `${which} ${limit}`;
}

function unionKinds(errors: readonly (readonly z.core.$ZodIssue[])[]): string[] {
  return errors.flatMap(([first]) => (first?.code === 'invalid_type' ? [kind(first.expected)] : []));
}

function oneOf(choices: readonly string[]): string {
  return choices.length < 2
    ? choices.join('')
    : `${choices.slice(0, -1).join(', ')} or ${choices[choices.length - 1]}`;
}

function meant(key: string, known: readonly string[]): string {
  const near = known.find((candidate) => distance(candidate.toLowerCase(), key.toLowerCase()) <= 2);
  if (near !== undefined) return `; did you mean ${near}?`;
  return known.length === 0 ? '' : `; expected ${oneOf(known)}`;
}

/** The keys of the mapping at a path of a schema. */
function knownKeys(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return knownKeys(schema.unwrap(), path);
  if (schema instanceof z.ZodObject) {
    const [key, ...rest] = path;
    return key === undefined ? Object.keys(schema.shape) : knownKeys(schema.shape[String(key)], rest);
  }
  if (schema instanceof z.ZodArray) return knownKeys(schema.element, path.slice(1));
  if (schema instanceof z.ZodRecord) return knownKeys(schema.valueType, path.slice(1));
  return [];
}

/** Letters that must be added, removed or replaced. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
