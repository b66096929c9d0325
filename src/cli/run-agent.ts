import { parseAgentConfig } from '../agent/config.ts';
import { AgentConnection } from '../agent/connection.ts';
import { AgentRuntime } from '../agent/runtime.ts';
import { agentPaths } from './agent-paths.ts';
import { type ConfigValues, readConfigFile, takeLogLevel, withFlags } from './config-file.ts';
import { type Running, runUntilStopped } from './lifetime.ts';
import { createLog, type LogLevel } from './log.ts';
import { namedValues } from './options.ts';
import { lockState } from './state-lock.ts';

export interface AgentFlags {
  readonly config?: string;
  readonly proxy?: readonly string[];
  readonly tokenFile?: string;
  readonly id?: string;
  readonly label?: readonly string[];
  readonly shard?: string;
  readonly allow?: readonly string[];
  readonly table?: readonly string[];
  readonly state?: string;
  readonly log?: LogLevel;
}

export async function runAgent(flags: AgentFlags): Promise<void> {
  const file = flags.config === undefined ? {} : agentPaths(flags.config, await readConfigFile(flags.config));
  const { level, rest } = takeLogLevel(flags.config, file, flags.log);
  const config = parseAgentConfig(withState(withFlags(rest, valuesOf(flags))));
  const log = createLog(`agent ${config.id}`, level);
  await runUntilStopped(log, async () => {
    const unlock = await lockState(config.stateDirectory, 'an agent');
    const running = await start(await AgentRuntime.open(config, log), log);
    return {
      close: async () => {
        await running.close();
        unlock();
      },
    };
  });
}

/** Tables by flag are files; whatever else a table can be is said in a configuration file. */
function valuesOf(flags: AgentFlags): ConfigValues {
  const { tokenFile, id, shard } = flags;
  const tables = namedValues(flags.table, '--table');
  return {
    tokenFile,
    id,
    shard,
    proxies: flags.proxy,
    labels: namedValues(flags.label, '--label'),
    allowedDirectories: flags.allow,
    tables: tables && Object.entries(tables).map(([name, path]) => ({ name, path })),
    stateDirectory: flags.state,
  };
}

/** The token may come from the environment, where other users of the machine don't see it; never from a flag. */
function withState(values: ConfigValues): ConfigValues {
  const token = process.env['SKEIN_TOKEN'];
  const named = values['token'] !== undefined || values['tokenFile'] !== undefined;
  return {
    ...(typeof values['id'] === 'string' ? { stateDirectory: `.skein/agent-${values['id']}` } : {}),
    ...(token === undefined || token === '' || named ? {} : { token }),
    ...values,
  };
}

async function start(runtime: AgentRuntime, log: ReturnType<typeof createLog>): Promise<Running> {
  for (const table of runtime.inventory().tables) {
    if (table.outOfService !== undefined)
      log.warn({ table: table.name, reason: table.outOfService }, 'table out of service');
  }
  const connections = runtime.config.proxies.map((url) => new AgentConnection(runtime, url, log));
  for (const connection of connections) connection.start();
  return {
    async close() {
      for (const connection of connections) connection.close();
      await runtime.close();
    },
  };
}
