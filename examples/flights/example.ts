import type { Example } from '../support/example.ts';
import { splitFlights } from './split.ts';

export const FLIGHTS_EXAMPLE: Example = {
  configs: 'flights',
  agents: ['west', 'central', 'east'],
  data: '.skein/flights',
  split: splitFlights,
};
