import type { Logger } from 'pino';
import { SkeinError } from '../base/errors.ts';
import { type Authenticator, trust } from '../pgwire/auth/authenticator.ts';
import { LoginThrottle } from '../pgwire/auth/login-throttle.ts';
import { ScramAuthenticator } from '../pgwire/auth/scram-authenticator.ts';
import { isLoopback, type ProxyConfig } from './proxy-config.ts';
import type { UserBook } from './users.ts';

/**
 * How clients log in: as the configuration says, else with a password from the moment on that there are users.
 * @throws 22023 if that would let anyone of other machines in.
 */
export function authenticatorOf(
  { authentication, host, tls }: Pick<ProxyConfig, 'authentication' | 'host' | 'tls'>,
  users: UserBook,
  log: Logger,
): Authenticator {
  if (!isLoopback(host) && tls?.required !== true)
    log.warn({ host }, 'clients of other machines may connect without encryption; tls.required forbids it');
  const scram = new ScramAuthenticator({
    verifier: (user) => users.verifier(user),
    mockSecret: users.mockSecret,
    throttle: new LoginThrottle(),
    reportFailure: (failure) => log.warn(failure, 'a login failed'),
  });
  if (authentication === 'scram-sha-256') return scram;
  if (authentication === 'trust') {
    if (!isLoopback(host))
      log.warn({ host }, 'authentication is trust: whoever reaches the port may ask anything');
    if (!users.isEmpty)
      log.warn('authentication is trust: nobody is asked for a password, though there are users');
    return trust;
  }
  if (!isLoopback(host) && users.isEmpty) throw openDoor(host);
  let asksForPasswords = false;
  return {
    authenticate(login, exchange) {
      asksForPasswords ||= !users.isEmpty;
      return (asksForPasswords ? scram : trust).authenticate(login, exchange);
    },
  };
}

function openDoor(host: string): SkeinError {
  return new SkeinError(
    'invalidParameterValue',
    `host: ${host} lets other machines connect, and there are no users who could log in with a password`,
    { hint: 'Add one with `skein user add NAME`. If anyone may ask anything, say authentication: trust.' },
  );
}
