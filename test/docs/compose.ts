import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const mount = z.string().transform((text) => {
  const [source = '', target = '', mode = ''] = text.split(':');
  return { source, target, readOnly: mode === 'ro' };
});

const service = z.strictObject({
  build: z.literal('.'),
  image: z.string(),
  restart: z.enum(['no', 'unless-stopped']),
  init: z.boolean(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()),
  ports: z.array(z.string()).default([]),
  volumes: z.array(mount),
  networks: z.array(z.string()).default([]),
  network_mode: z.string().optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.string() })).default({}),
  healthcheck: z
    .strictObject({ test: z.array(z.string()), interval: z.string(), retries: z.number() })
    .optional(),
});

const compose = z.looseObject({
  name: z.string(),
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.strictObject({ internal: z.boolean() }).nullable()),
  volumes: z.record(z.string(), z.null()),
});

export type Compose = z.output<typeof compose>;

/** @throws where the file is not of the few kinds of things that it should be made of. */
export function readCompose(file: URL): Compose {
  return compose.parse(parse(readFileSync(file, 'utf8'), { merge: true }));
}
