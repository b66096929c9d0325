import path from 'node:path';
import { connectAdmin } from './admin.ts';
import { lockDirectory } from './lock.ts';
import type { Log } from './log.ts';
import { type Operator, registryOperator } from './operator.ts';
import { Registry, type RegistryOptions } from './registry.ts';
import { fileStore } from './store.ts';

export interface StateDirectory {
  readonly registry: Registry;
  /** Lets another process have the directory. */
  release(): Promise<void>;
}

/** The proxy's registry on its state directory, for this process alone. */
export async function openState(
  directory: string,
  options: Omit<RegistryOptions, 'store'>,
): Promise<StateDirectory> {
  const release = await lockDirectory(directory);
  try {
    const store = fileStore(path.join(directory, 'registry'));
    return { registry: await Registry.open({ ...options, store }), release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** For `skein agent …`: works on the proxy that runs on the directory or, if none does, on the directory itself. */
export async function openOperator(directory: string, log: Log): Promise<Operator> {
  const running = await connectAdmin(directory);
  if (running !== undefined) return running;
  const options = { declarations: undefined, tokens: 'required', log } as const;
  const { registry, release } = await openState(directory, options);
  return registryOperator(registry, async () => {
    await registry.settled();
    await release();
  });
}
