import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer } from 'node:net';
import { silentLog } from '../../../src/core';
import {
  type Backend,
  createRelayPlane,
  type MediaLine,
  type RelayOptions,
  type RelayPlane,
  type Side,
} from '../../../src/media';
import { PlaneStage } from './plane-stage';

/** Every test of the relay runs on each of these. */
export const BACKENDS: readonly Backend[] = ['kernel', 'dgram'];

/** The relay, with its events and parties. */
export class Stage extends PlaneStage<RelayPlane> {
  static async open(backend: Backend, options: Partial<RelayOptions> = {}): Promise<Stage> {
    return new Stage(
      await createRelayPlane({
        ports: await freeRange(400),
        quarantineMs: 200,
        rtpTimeoutMs: 60_000,
        log: silentLog,
        backend,
        ...options,
      }),
    );
  }
}

/** Waits until the line has counted so many packets from a side. */
export async function heard(line: MediaLine, side: Side, packets: number): Promise<void> {
  for (let patience = 1_000; patience > 0; patience--) {
    if ((await line.stats())[side].packets >= packets) return;
  }
  throw new Error(`side ${side} never counted ${packets} packets`);
}

/** Ranges that a test counts the ports of are wanted whole. */
const COUNTED = 16;

/** A range of ports that nobody has; a large one may have some taken, which the relay passes over. */
export async function freeRange(size: number): Promise<{ min: number; max: number }> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const min = Math.min(port - (port % 2), 65_000 - size);
    const ports = Array.from({ length: size <= COUNTED ? size : 0 }, (_, i) => min + i);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return { min, max: min + size - 1 };
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () =>
      socket.close(() => resolve(true)),
    );
  });
}
