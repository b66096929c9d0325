import type { SkeinError } from '../base/errors.ts';
import type { RowSink } from '../pgwire/session-handler.ts';
import type { Settings } from './settings/settings.ts';

/** Tells the client a WARNING, unless its client_min_messages wants errors only. */
export function warn(settings: Settings, sink: RowSink, warning: SkeinError | undefined): void {
  if (warning === undefined || settings.get('client_min_messages') === 'error') return;
  sink.notice(warning, 'WARNING');
}
