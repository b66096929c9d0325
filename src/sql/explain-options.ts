import { refuse, SkeinError } from '../base/errors.ts';
import { type RawFields, rawConstant, rawFields, rawList, rawText } from './raw-tree.ts';
import type { ExplainOptions } from './statement.ts';

/** Options of PostgreSQL's that are on or off and change nothing that Skein shows. */
const WITHOUT_EFFECT = new Set(['settings', 'wal', 'memory', 'generic_plan']);

/** @throws 42601 for an unknown option, 0A000 for one that Skein has no answer to. */
export function explainOptions(fields: RawFields): ExplainOptions {
  const given = new Map<string, RawFields>();
  for (const option of rawList(fields['options'])) {
    const element = rawFields(rawFields(option)['DefElem']);
    given.set(rawText(element['defname']), element);
  }
  for (const name of given.keys()) checkOption(name);
  return {
    analyze: flag(given, 'analyze') ?? false,
    verbose: flag(given, 'verbose') ?? false,
    format: format(given.get('format')),
    costs: flag(given, 'costs') ?? true,
    buffers: flag(given, 'buffers'),
    timing: flag(given, 'timing'),
    summary: flag(given, 'summary'),
  };
}

const KNOWN = new Set(['analyze', 'verbose', 'format', 'costs', 'buffers', 'timing', 'summary']);

function checkOption(name: string): void {
  if (KNOWN.has(name) || WITHOUT_EFFECT.has(name)) return;
  if (name === 'serialize') throw refuse('EXPLAIN option SERIALIZE');
  throw new SkeinError('syntaxError', `unrecognized EXPLAIN option "${name}"`);
}

function optionText(element: RawFields): string | undefined {
  if (!('arg' in element)) return undefined;
  const arg = rawFields(element['arg']);
  if ('String' in arg) return rawText(rawFields(arg['String'])['sval']);
  if ('Boolean' in arg) return rawFields(arg['Boolean'])['boolval'] === true ? 'true' : 'false';
  if ('Integer' in arg) return String(rawFields(arg['Integer'])['ival'] ?? 0);
  return rawConstant(arg) ?? undefined;
}

/** As `defGetBoolean`. */
function flag(given: ReadonlyMap<string, RawFields>, name: string): boolean | undefined {
  const element = given.get(name);
  if (element === undefined) return undefined;
  const text = optionText(element);
  switch (text?.toLowerCase()) {
    case undefined:
    case 'true':
    case 'on':
    case '1':
      return true;
    case 'false':
    case 'off':
    case '0':
      return false;
    default:
      throw new SkeinError('syntaxError', `${name} requires a Boolean value`);
  }
}

function format(element: RawFields | undefined): 'text' | 'json' {
  const text = element === undefined ? 'text' : optionText(element);
  switch (text) {
    case 'text':
    case 'json':
      return text;
    case 'xml':
    case 'yaml':
      throw refuse(`EXPLAIN (FORMAT ${text.toUpperCase()})`);
    default:
      throw new SkeinError(
        'invalidParameterValue',
        `unrecognized value for EXPLAIN option "format": "${text}"`,
      );
  }
}
