import { type AddressInfo, createServer } from 'node:net';
import { silentLog } from '../../../src/core';
import {
  type Backend,
  createRelayPlane,
  type MediaLine,
  type PlaneEvent,
  type RelayOptions,
  type RelayPlane,
  type Side,
} from '../../../src/media';
import { Party } from './party';

/** Every test of the relay runs on each of these. */
export const BACKENDS: readonly Backend[] = ['kernel', 'dgram'];

/** A plane with its events and parties, all of them closed at the end of the test. */
export class Stage {
  readonly events: PlaneEvent[] = [];
  readonly #parties: Party[] = [];
  readonly #waiting: Array<() => void> = [];

  private constructor(readonly plane: RelayPlane) {
    plane.onEvent((event) => {
      this.events.push(event);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

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

  async party(options: Parameters<typeof Party.open>[0] = {}): Promise<Party> {
    const party = await Party.open(options);
    this.#parties.push(party);
    return party;
  }

  /** The first event of a kind, now or when it comes. */
  async event<Kind extends PlaneEvent['kind']>(
    kind: Kind,
    patience = 30_000,
  ): Promise<Extract<PlaneEvent, { kind: Kind }>> {
    const late = AbortSignal.timeout(patience);
    for (;;) {
      const event = this.events.find((candidate) => candidate.kind === kind);
      if (event) return event as Extract<PlaneEvent, { kind: Kind }>;
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        late.onabort = () => reject(new Error(`no ${kind} within ${patience} ms`));
      });
    }
  }

  async close(): Promise<void> {
    for (const party of this.#parties) party.close();
    await this.plane.close();
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
