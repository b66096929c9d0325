import type { Example } from '../support/example.ts';
import { OFFICES, splitMessy } from './split.ts';

const MESSY = { agents: OFFICES, data: '.skein/messy', split: splitMessy };

/** The files as they are: some tables of some agents are out of service, and say why. */
export const MESSY_AS_FOUND: Example = { ...MESSY, configs: 'messy/as-found' };

/** The same files with what their types mean declared. */
export const MESSY_DECLARED: Example = { ...MESSY, configs: 'messy/declared' };
