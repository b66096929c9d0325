import { type ErrorFields, refuse, SkeinError } from '../../base/errors.ts';

export function invalidFormat(message: string, fields: ErrorFields): SkeinError {
  return new SkeinError('invalidDatetimeFormat', message, fields);
}

export function invalidValue(value: string, field: string, detail?: string, hint?: string): SkeinError {
  return invalidFormat(`invalid value "${value}" for "${field}"`, { detail, hint });
}

export function outOfReach(field: string, grouped = false): SkeinError {
  const message = `value for "${field}" in source string is out of range`;
  const detail = grouped ? undefined : 'Value must be in the range -2147483648 to 2147483647.';
  return new SkeinError('datetimeOverflow', message, { detail });
}

export function fieldOverflow(text: string): SkeinError {
  return new SkeinError('datetimeOverflow', `date/time field value out of range: "${text}"`);
}

/** They mean different things in different sessions (IST), and DuckDB doesn't know them. */
export function refuseAbbreviation(letters: string): SkeinError {
  return refuse(`the time zone abbreviation "${letters}"`);
}
