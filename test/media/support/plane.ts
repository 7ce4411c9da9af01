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

/** A range of ports in which a probe just found room. The relay passes over what is taken in it. */
export async function freeRange(size: number): Promise<{ min: number; max: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const min = Math.min(port - (port % 2), 65_000 - size);
  return { min, max: min + size - 1 };
}
