import { besideFile, type ConfigValues, readConfigFile, takeLogLevel, withFlags } from './config-file.ts';
import { runUntilStopped } from './lifetime.ts';
import { createLog, type LogLevel } from './log.ts';
import { namedValues } from './options.ts';
import { startProxy } from './proxy.ts';
import { parseProxyConfig } from './proxy-config.ts';
import { lockState } from './state-lock.ts';

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
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly tlsSelfSigned?: true;
  readonly tlsRequired?: true;
  readonly log?: LogLevel;
}

export async function runProxy(flags: ProxyFlags): Promise<void> {
  const file = flags.config === undefined ? {} : await readProxyFile(flags.config);
  const { config: path, state, labelType, log: logFlag, ...others } = flags;
  const { tlsCertificate, tlsKey, tlsSelfSigned, tlsRequired, ...rest } = others;
  const { level, rest: values } = takeLogLevel(path, file, logFlag);
  const labels = namedValues(labelType, '--label-type');
  const tls = withFlags(mappingOf(values['tls']), {
    certificate: tlsCertificate,
    key: tlsKey,
    selfSigned: tlsSelfSigned,
    required: tlsRequired,
  });
  const given = {
    ...rest,
    stateDirectory: state,
    labels,
    tls: Object.keys(tls).length > 0 ? tls : undefined,
  };
  const config = parseProxyConfig(withFlags(values, given));
  const log = createLog('proxy', level);
  await runUntilStopped(log, async () => {
    const unlock = await lockState(config.stateDirectory, 'a proxy');
    const proxy = await startProxy(config, log);
    log.info({ port: proxy.pgPort, httpPort: proxy.httpPort }, 'the proxy is ready');
    return {
      close: async () => {
        await proxy.close();
        unlock();
      },
    };
  });
}

async function readProxyFile(path: string): Promise<ConfigValues> {
  const values = await readConfigFile(path);
  const { stateDirectory, tls } = values;
  const { certificate, key, ...rest } = mappingOf(tls);
  return withFlags(values, {
    stateDirectory: besideFile(path, stateDirectory),
    tls: isMapping(tls)
      ? withFlags(rest, { certificate: besideFile(path, certificate), key: besideFile(path, key) })
      : undefined,
  });
}

function isMapping(value: unknown): value is ConfigValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mappingOf(value: unknown): ConfigValues {
  return isMapping(value) ? value : {};
}
