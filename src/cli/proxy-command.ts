import { SkeinError } from '../base/errors.ts';
import { readConfigFile, withFlags } from './config-file.ts';
import { createLog, type LogLevel } from './log.ts';
import { startProxy } from './proxy.ts';
import { parseProxyConfig } from './proxy-config.ts';
import { untilStopped } from './until-stopped.ts';

export interface ProxyFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly httpHost?: string;
  readonly httpPort?: number;
  readonly state?: string;
  readonly database?: string;
  readonly labelType?: readonly string[];
  readonly tokens?: string;
  readonly authentication?: string;
  readonly log: LogLevel;
}

export async function runProxyCommand(flags: ProxyFlags): Promise<void> {
  const file = flags.config === undefined ? {} : await readConfigFile(flags.config);
  const { config: _file, state, labelType, log: level, ...rest } = flags;
  const labels = labelType === undefined ? undefined : namedValues(labelType, '--label-type');
  const config = parseProxyConfig(withFlags(file, { ...rest, stateDirectory: state, labels }));
  const log = createLog('proxy', level);
  const proxy = await startProxy(config, log);
  log.info({ port: proxy.pgPort, httpPort: proxy.httpPort }, 'the proxy is ready');
  await untilStopped(log);
  await proxy.close();
}

/** `name=value` of a repeated flag. */
export function namedValues(pairs: readonly string[], flag: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw new SkeinError('invalidParameterValue', `${flag}: expected name=value, not "${pair}"`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
