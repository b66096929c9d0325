import { InvalidArgumentError, Option } from 'commander';

export function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
}

export function logLevel(): Option {
  return new Option('--log <level>', 'what is logged, as JSON lines on standard error')
    .choices(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info');
}
