import { zoneInSession } from '../time-zones.ts';
import { type HostFunction, lenient, TEXT } from './host-function.ts';

export const zoneFunctions: readonly HostFunction[] = [
  lenient('zone_in_session', [TEXT, TEXT], TEXT, (name, session) =>
    name === null ? null : String(zoneInSession(name, session)),
  ),
];
