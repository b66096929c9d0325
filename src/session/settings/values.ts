import { SkeinError } from '../../base/errors.ts';
import type { SettingDefinition } from './definition.ts';

/** PostgreSQL's rules for the values of parameters (src/backend/utils/misc/guc.c). */

const MEMORY_UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['kB', 1024],
  ['MB', 1024 ** 2],
  ['GB', 1024 ** 3],
  ['TB', 1024 ** 4],
]);

const TIME_UNITS: ReadonlyMap<string, number> = new Map([
  ['us', 0.001],
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const MEMORY_HINT = 'Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".';
const TIME_HINT = 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".';
const MAX_INT32 = 2147483647;

interface UnitSystem {
  readonly units: ReadonlyMap<string, number>;
  readonly hint: string;
  /** One base unit of the parameter, in the system's smallest terms (bytes, ms). */
  readonly base: number;
}

function unitSystem(unit: string | undefined): UnitSystem | undefined {
  if (unit === undefined) return undefined;
  const time = TIME_UNITS.get(unit);
  if (time !== undefined) return { units: TIME_UNITS, hint: TIME_HINT, base: time };
  const [, blocks, name] = /^(\d*)(.*)$/.exec(unit) ?? [];
  const memory = MEMORY_UNITS.get(name ?? '');
  if (memory === undefined) return undefined;
  return { units: MEMORY_UNITS, hint: MEMORY_HINT, base: memory * Number(blocks === '' ? 1 : blocks) };
}

export function invalidValue(name: string, value: string, detail?: string, hint?: string): SkeinError {
  return new SkeinError('invalidParameterValue', `invalid value for parameter "${name}": "${value}"`, {
    detail,
    hint,
  });
}

export function unrecognized(name: string): SkeinError {
  return new SkeinError('undefinedObject', `unrecognized configuration parameter "${name}"`);
}

/** The canonical form that is stored: booleans as on/off, numbers in base units, enums as listed. */
export function canonicalValue(definition: SettingDefinition, value: string): string {
  switch (definition.type) {
    case 'bool':
      return canonicalBool(definition.name, value);
    case 'enum':
      return canonicalEnum(definition, value);
    case 'integer':
      return String(inRange(definition, parseInteger(definition, value)));
    case 'real':
      return formatReal(inRange(definition, parseNumber(definition, value)));
    case 'string':
      return value;
  }
}

function parseBool(value: string): boolean | undefined {
  const text = value.toLowerCase();
  if (text === '1' || isPrefix(text, 'true', 1) || isPrefix(text, 'yes', 1) || text === 'on') return true;
  if (text === '0' || isPrefix(text, 'false', 1) || isPrefix(text, 'no', 1) || isPrefix(text, 'off', 2)) {
    return false;
  }
  return undefined;
}

function isPrefix(text: string, word: string, atLeast: number): boolean {
  return text.length >= atLeast && word.startsWith(text);
}

function canonicalBool(name: string, value: string): string {
  const parsed = parseBool(value);
  if (parsed === undefined) {
    throw new SkeinError('invalidParameterValue', `parameter "${name}" requires a Boolean value`);
  }
  return parsed ? 'on' : 'off';
}

function canonicalEnum(definition: SettingDefinition, value: string): string {
  const found = definition.enumValues.find((option) => option.toLowerCase() === value.toLowerCase());
  if (found !== undefined) return found;
  const hint = `Available values: ${definition.enumValues.join(', ')}.`;
  throw invalidValue(definition.name, value, undefined, hint);
}

function parseInteger(definition: SettingDefinition, value: string): number {
  const rounded = roundHalfEven(parseNumber(definition, value));
  const limit = Math.max(MAX_INT32, definition.max ?? 0);
  if (Math.abs(rounded) > limit) {
    throw invalidValue(definition.name, value, undefined, 'Value exceeds integer range.');
  }
  return rounded;
}

const NUMBER = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)\s*$/;

function parseNumber(definition: SettingDefinition, value: string): number {
  const match = NUMBER.exec(value);
  if (match === null) throw invalidValue(definition.name, value);
  const [, sign = '', digits = '', unit = ''] = match;
  const octal = definition.type === 'integer' && /^0[0-7]+$/.test(digits);
  const number = (sign === '-' ? -1 : 1) * (octal ? Number.parseInt(digits, 8) : Number(digits));
  if (unit === '') return number;
  const system = unitSystem(definition.unit);
  if (system === undefined) throw invalidValue(definition.name, value);
  const factor = system.units.get(unit);
  if (factor === undefined) throw invalidValue(definition.name, value, undefined, system.hint);
  return (number * factor) / system.base;
}

/** As C's rint. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function inRange(definition: SettingDefinition, value: number): number {
  const { min, max, unit } = definition;
  if ((min === undefined || value >= min) && (max === undefined || value <= max)) return value;
  const suffix = unit === undefined ? '' : ` ${unit}`;
  throw new SkeinError(
    'invalidParameterValue',
    `${value}${suffix} is outside the valid range for parameter "${definition.name}" ` +
      `(${min}${suffix} .. ${max}${suffix})`,
  );
}

/** C's %g. */
function formatReal(value: number): string {
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent < -4 || exponent >= 6) {
    const [mantissa = '', power = '0'] = value.toExponential(5).split('e');
    const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
    const digits = power.replace(/^[+-]/, '').padStart(2, '0');
    return `${trimmed}e${power.startsWith('-') ? '-' : '+'}${digits}`;
  }
  return String(Number(value.toPrecision(6)));
}

/** What SHOW prints: a number in the largest unit that divides it. */
export function displayValue(definition: SettingDefinition, value: string): string {
  const system =
    definition.type === 'integer' || definition.type === 'real' ? unitSystem(definition.unit) : undefined;
  const number = Number(value);
  if (system === undefined || !(number > 0)) return value;
  const total = number * system.base;
  const best = [...system.units].reverse().find(([, factor]) => Number.isInteger(total / factor));
  return best === undefined ? value : `${total / best[1]}${best[0]}`;
}
