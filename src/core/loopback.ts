import { isIP } from 'node:net';

/** Whether only this machine can reach the host: loopback literals and `localhost`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
