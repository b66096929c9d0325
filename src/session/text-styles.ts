import { refuse } from '../base/errors.ts';
import type { CallExpr } from '../plan/expr.ts';
import type { Plan } from '../plan/logical.ts';
import { exprType } from '../plan/type-of.ts';
import { expressionsOf, visitExpr, visitPlan } from '../plan/walk.ts';
import { elementOid, OID } from '../types/sql-type.ts';

/** Of a client's settings, those that form texts. */
export interface TextSettings {
  get(name: string): string;
}

interface TextStyle {
  readonly types: readonly number[];
  readonly setting: string;
  readonly isDefault: (value: string) => boolean;
}

const STYLES: readonly TextStyle[] = [
  {
    types: [OID.date, OID.timestamp, OID.timestamptz],
    setting: 'DateStyle',
    isDefault: (value) => value.startsWith('ISO'),
  },
  { types: [OID.interval], setting: 'IntervalStyle', isDefault: (value) => value === 'postgres' },
  {
    types: [OID.float4, OID.float8],
    setting: 'extra_float_digits',
    isDefault: (value) => Number(value) > 0,
  },
  { types: [OID.bytea], setting: 'bytea_output', isDefault: (value) => value === 'hex' },
];

/** All settings that {@link requireDefaultStyles} depends on. */
export function textStyles(settings: TextSettings): readonly string[] {
  return STYLES.map(({ setting }) => settings.get(setting));
}

const STRINGS: readonly number[] = [
  OID.text,
  OID.varchar,
  OID.bpchar,
  OID.name,
  OID.json,
  OID.jsonb,
  OID.record,
];

/** Calls that make a value's own text, unlike to_char. */
const MAKES_TEXT =
  /^(?:cast |concat|text \|\| any|any\w+ \|\| text|array_to_|format\(|quote_|to_json|json|skein\.row_)/;

/**
 * The engines form a value's text inside a query as by the default settings; only texts of results follow the session's.
 * @throws 0A000 where the query makes a text that a setting of the session would form otherwise.
 */
export function requireDefaultStyles(plan: Plan, settings: TextSettings): void {
  const changed = STYLES.filter((style) => !style.isDefault(settings.get(style.setting)));
  if (changed.length === 0) return;
  visitPlan(plan, (operator) => {
    for (const expr of expressionsOf(operator)) {
      visitExpr(expr, (part) => {
        if (part.kind === 'call') requireDefault(part, changed, settings);
      });
    }
  });
}

function requireDefault(call: CallExpr, changed: readonly TextStyle[], settings: TextSettings): void {
  if (!STRINGS.includes(call.type.oid) || !MAKES_TEXT.test(call.fn)) return;
  const types = call.args.map(exprType).map(({ oid }) => elementOid(oid) ?? oid);
  const style = changed.find((candidate) => types.some((oid) => candidate.types.includes(oid)));
  if (style === undefined) return;
  const what = call.fn.startsWith('skein.row_') ? 'the text of a row' : call.fn;
  throw refuse(`${what} while ${style.setting} is ${settings.get(style.setting)}`, {
    hint: `Texts of results follow ${style.setting}, texts inside a query don't: RESET ${style.setting}.`,
  });
}
