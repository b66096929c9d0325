#!/usr/bin/env node
// libuv reads the size of its pool at the first use, and Node's loader of ES modules uses it: so this file isn't one. DuckDB
// calls block a thread each, and one that never ends must not keep others from theirs.
process.env['UV_THREADPOOL_SIZE'] ??= '128';
/** A third of the weight: enough against dozens of them, and not too little beside other processes of the machine. */
const NICE = 5;

if (process.platform === 'linux') yieldToEventLoop();
void import('./main.ts');

/**
 * The pool's threads, and DuckDB's own, which they start, come after the thread that hears clients and agents: many long
 * statements would otherwise leave it no processor to take the requests that cancel them.
 */
function yieldToEventLoop(): void {
  const { readdirSync, stat } = process.getBuiltinModule('node:fs');
  const { setPriority } = process.getBuiltinModule('node:os');
  const threads = () => readdirSync('/proc/self/task').map(Number);
  const before = new Set(threads());
  stat('/', () => undefined);
  for (const thread of threads()) {
    if (!before.has(thread)) setPriority(thread, NICE);
  }
}
