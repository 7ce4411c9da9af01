import { randomIds, SystemClock, silentLog } from '../../../src/core';
import {
  createRtpenginePlane,
  type MediaLine,
  type PlaneEvent,
  type RtpengineOptions,
  type RtpenginePlane,
} from '../../../src/media';
import { Rtpengine, type RtpengineStart } from '../../support/rtpengine';
import { Party } from '../support/party';

export const BIND = { a: '127.0.0.1', b: '127.0.0.1' };

/** A plane on real rtpengines, with its events and parties; all of them are closed with it. */
export class Stage {
  readonly events: PlaneEvent[] = [];
  readonly #parties: Party[] = [];
  readonly #waiting: Array<() => void> = [];

  private constructor(
    readonly plane: RtpenginePlane,
    readonly daemons: readonly Rtpengine[],
  ) {
    plane.onEvent((event) => {
      this.events.push(event);
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  static async open(
    options: Partial<RtpengineOptions> = {},
    daemons: readonly RtpengineStart[] = [{}],
  ): Promise<Stage> {
    const running = await Promise.all(daemons.map((one) => Rtpengine.start(one)));
    const plane = await createRtpenginePlane({
      nodes: running.map(({ port }) => ({ host: '127.0.0.1', port })),
      timeoutMs: 5_000,
      pingMs: 200,
      lostAfterMs: 60_000,
      rtpTimeoutMs: 60_000,
      tonesReplaceSpeech: false,
      clock: new SystemClock(),
      ids: randomIds,
      log: silentLog,
      ...options,
    });
    return new Stage(plane, running);
  }

  async party(options: Parameters<typeof Party.open>[0] = {}): Promise<Party> {
    const party = await Party.open(options);
    this.#parties.push(party);
    return party;
  }

  /** A line between two parties, and rtpengine knows where both are. */
  async call(callId = 'call'): Promise<{ line: MediaLine; caller: Party; callee: Party }> {
    const [caller, callee] = [await this.party(), await this.party({ ssrc: 0x4321dcba })];
    const line = await this.plane.open({ callId, bind: BIND, clockRates: { 0: 8000 } });
    await Promise.all([line.expect('a', caller.endpoint), line.expect('b', callee.endpoint)]);
    return { line, caller, callee };
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
    await Promise.all(this.daemons.map((daemon) => daemon.kill()));
  }
}

/** Waits until something holds, and says what did not. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
