import { silentLog } from '../../../src/core';
import {
  type Backend,
  createRelayPlane,
  type MediaLine,
  type RelayOptions,
  type RelayPlane,
  type Side,
} from '../../../src/media';
import { freeRange } from '../../support/ports';
import { hasRings } from '../../support/rings';
import { PlaneStage } from './plane-stage';

/** Every test of the relay runs on each of these. */
export const BACKENDS: readonly Backend[] = [
  ...(hasRings() ? (['io_uring'] as const) : []),
  'epoll',
  'dgram',
];

/** The relay, with its events and parties. */
export class Stage extends PlaneStage<RelayPlane> {
  static async open(
    backend: Backend | 'auto',
    options: Partial<RelayOptions> = {},
  ): Promise<Stage> {
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

const PATIENCE_MS = 30_000;

/** Waits until the line has counted so many packets from a side. */
export async function heard(line: MediaLine, side: Side, packets: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await line.stats())[side].packets < packets) {
    if (performance.now() > deadline)
      throw new Error(`side ${side} never counted ${packets} packets`);
  }
}
