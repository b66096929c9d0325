import { type Command, InvalidArgumentError, Option } from 'commander';
import { SkeinError } from '../base/errors.ts';

export function integer(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

export function port(text: string): number {
  const number = integer(text);
  if (number > 65_535) throw new InvalidArgumentError('Expected a port, 0 to 65535.');
  return number;
}

export function logLevel(): Option {
  return new Option(
    '--log <level>',
    'what is logged, as JSON lines on standard error (default: info)',
  ).choices(['trace', 'debug', 'info', 'warn', 'error', 'silent']);
}

export const DEFAULT_PROXY_STATE = '.skein/proxy';

/** Where the operator's commands find the proxy. */
export function proxyState(command: Command): Command {
  return command.option('--state <directory>', "the proxy's state directory", DEFAULT_PROXY_STATE);
}

/** `name=value` of a repeated flag. @throws 22023 that names the flag. */
export function namedValues(
  pairs: readonly string[] | undefined,
  flag: string,
): Readonly<Record<string, string>> | undefined {
  if (pairs === undefined) return undefined;
  const named = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new SkeinError('invalidParameterValue', `${flag}: expected name=value, not "${pair}"`);
    const name = pair.slice(0, at);
    if (named.has(name))
      throw new SkeinError('invalidParameterValue', `${flag}: "${name}" is given more than once`);
    named.set(name, pair.slice(at + 1));
  }
  return Object.fromEntries(named);
}
