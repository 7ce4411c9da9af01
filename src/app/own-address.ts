import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/**
 * Rejects when the machine does not have the address that `key` of the configuration names: found at the
 * start, it is one mistake; found at the first call, it looks like a lack of ports.
 */
export function mustBeOurs(key: string, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(new Error(`${key} ${address} is no address of this machine: ${error.message}`));
    });
    socket.bind(0, address, () => socket.close(() => resolve()));
  });
}
