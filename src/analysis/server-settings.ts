/** With which each thread's server runs. */
export const SERVER_SETTINGS: readonly string[] = ['shared_buffers=8MB', 'jit=off', 'log_min_messages=panic'];
