#!/usr/bin/env node
// libuv reads the size of its pool at the first use, and Node's loader of ES modules uses it: so this file isn't one. DuckDB
// calls block a thread each (DESIGN §8), and one that never ends must not keep others from theirs.
process.env['UV_THREADPOOL_SIZE'] ??= '128';
void import('./main.ts');
