import { refuse, SkeinError } from '../base/errors.ts';
import { child, children, constantOf, type RawFields, type RawNode, textOf } from './raw-tree.ts';
import { parseBool } from './settings/values.ts';

export interface ExplainOptions {
  readonly analyze: boolean;
  readonly verbose: boolean;
  readonly costs: boolean;
  readonly summary: boolean | undefined;
  readonly format: 'text' | 'json';
}

const PLAIN: ExplainOptions = {
  analyze: false,
  verbose: false,
  costs: true,
  summary: undefined,
  format: 'text',
};

/** Those that describe what Skein's plans have no notion of. */
const WITHOUT_EFFECT = new Set([
  'buffers',
  'wal',
  'settings',
  'generic_plan',
  'memory',
  'serialize',
  'timing',
]);
const NEED_ANALYZE = new Set(['wal', 'timing', 'serialize']);

export function explainOptions(fields: RawFields): ExplainOptions {
  const options = children(fields, 'options');
  const result = options.reduce(applyOption, PLAIN);
  for (const option of options) {
    const name = textOf(option.fields, 'defname') ?? '';
    if (NEED_ANALYZE.has(name) && !result.analyze && flag(option)) {
      throw new SkeinError('invalidParameterValue', `EXPLAIN option ${name.toUpperCase()} requires ANALYZE`);
    }
  }
  return result;
}

function applyOption(options: ExplainOptions, option: RawNode): ExplainOptions {
  const name = textOf(option.fields, 'defname') ?? '';
  switch (name) {
    case 'analyze':
    case 'verbose':
    case 'costs':
    case 'summary':
      return { ...options, [name]: flag(option) };
    case 'format':
      return { ...options, format: format(option) };
    default:
      if (WITHOUT_EFFECT.has(name)) return options;
      throw new SkeinError('syntaxError', `unrecognized EXPLAIN option "${name}"`);
  }
}

function flag(option: RawNode): boolean {
  const constant = constantOf(child(option.fields, 'arg'));
  if (constant === undefined || constant.kind === 'null') return true;
  const value = parseBool(constant.text);
  if (value !== undefined) return value;
  throw new SkeinError('syntaxError', `${textOf(option.fields, 'defname')} requires a Boolean value`);
}

function format(option: RawNode): 'text' | 'json' {
  const constant = constantOf(child(option.fields, 'arg'));
  const name = constant === undefined || constant.kind === 'null' ? '' : constant.text;
  if (name === 'text' || name === 'json') return name;
  if (name === 'xml' || name === 'yaml') throw refuse(`EXPLAIN (FORMAT ${name.toUpperCase()})`);
  throw new SkeinError('invalidParameterValue', `unrecognized value for EXPLAIN option "format": "${name}"`);
}
