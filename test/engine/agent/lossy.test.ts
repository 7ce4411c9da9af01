import { silentLog } from '../../../src/core';
import { Agent } from '../../../src/engine/agent';
import { parse } from '../../../src/engine/message';
import type { Network } from '../../../src/engine/transaction';
import { DEFAULT_TIMERS } from '../../../src/engine/transaction';
import type { Destination, LocalEnd, Resolution } from '../../../src/engine/transport';
import { VirtualClock } from '../../support/virtual-clock';
import { FakeApplication } from '../support/fake-application';
import { CountingIds } from '../support/ids';
import { SDP } from '../support/rig';

const ADDRESSES = ['192.0.2.1', '192.0.2.2'] as const;

/** Numbers between 0 and 1 that a seed repeats (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Two engines with a network between them that loses, delays, doubles and reorders datagrams. */
class Pair {
  readonly clock = new VirtualClock();
  readonly agents: Agent[] = [];
  readonly apps: FakeApplication[];
  readonly #random: () => number;

  constructor(
    seed: number,
    private readonly loss: number,
  ) {
    this.#random = random(seed);
    for (const side of [0, 1]) {
      const agent = new Agent({
        network: this.#network(side),
        clock: this.clock,
        ids: new CountingIds(),
        log: silentLog,
        timers: DEFAULT_TIMERS,
        limits: { application: 30_000, ringing: 600_000, minSe: 90, legs: 1000 },
        maxServerTransactions: 1000,
        userAgent: undefined,
      });
      this.agents.push(agent);
    }
    this.apps = this.agents.map((agent) => new FakeApplication(agent));
    for (const app of this.apps) this.agents[this.apps.indexOf(app)]!.router.addForAll(app);
  }

  #network(side: number): Network {
    const local: LocalEnd = {
      protocol: 'udp',
      address: ADDRESSES[side]!,
      port: 5060,
      advertised: { address: ADDRESSES[side]!, port: 5060 },
    };
    const known = (): Resolution => ({
      ok: true,
      hops: [{ protocol: 'udp', address: ADDRESSES[1 - side]!, port: 5060, fixed: true } as never],
    });
    return {
      localFor: () => local,
      isOurs: () => false,
      known,
      resolve: async () => known(),
      candidates: (hops) => hops as readonly Destination[],
      send: (bytes) => {
        const copies = this.#random() < 0.1 ? 2 : 1;
        for (let copy = 0; copy < copies; copy++) {
          if (this.#random() < this.loss) continue;
          this.clock.after(1 + this.#random() * 40, () => this.#arrive(1 - side, bytes));
        }
      },
    };
  }

  #arrive(side: number, bytes: Buffer): void {
    const result = parse(bytes);
    if (!result.ok) throw new Error(result.error.reason);
    const [address, source] = [ADDRESSES[side]!, ADDRESSES[1 - side]!];
    this.agents[side]!.transactions.receive({
      message: result.message,
      source: { protocol: 'udp', address: source, port: 5060 },
      local: { protocol: 'udp', address, port: 5060, advertised: { address, port: 5060 } },
      connection: undefined,
      bytes: bytes.length,
    });
  }

  /** Advances until something is so, at most that long. */
  until(condition: () => boolean, limit = 70_000): boolean {
    const end = this.clock.now() + limit;
    while (!condition() && this.clock.now() < end) this.clock.advance(5);
    return condition();
  }
}

const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);

/** A call with a delayed ACK, an INFO and a BYE of the callee; says how it ended. */
function call(seed: number, loss: number): string {
  const pair = new Pair(seed, loss);
  const [caller, callee] = pair.apps as [FakeApplication, FakeApplication];
  caller.send('INVITE', 'sip:callee@192.0.2.2', { body: SDP });
  let outcome = 'no INVITE';
  if (pair.until(() => callee.requests.length > 0)) {
    callee.respond(180);
    pair.clock.advance(300);
    callee.respond(200, { body: SDP });
    outcome = 'no 200';
  }
  const final = () => caller.responses.find(({ message }) => message.status >= 200);
  pair.until(() => final() !== undefined);
  if (final()?.message.status === 200) {
    const { dialogId } = final()!.ids;
    caller.inDialog('ACK', dialogId);
    const acked = () => callee.requests.some(({ message }) => message.method === 'ACK');
    outcome = pair.until(acked) ? 'up' : 'no ACK';
    if (acked()) {
      callee.inDialog('BYE', dialogId);
      const bye = () => caller.requests.some(({ message }) => message.method === 'BYE');
      if (pair.until(bye)) caller.respond(200);
    }
  }
  pair.clock.advance(100_000);
  // Who never learned that the call is over hangs up in the end.
  const answered = caller.responses.find(({ message }) => message.status === 200);
  if (answered) caller.inDialog('BYE', answered.ids.dialogId);
  pair.clock.advance(400_000);
  expect(pair.agents.map((agent) => agent.stats().dialogs)).toEqual([0, 0]);
  expect(pair.agents.map((agent) => agent.stats().transactions.serversLive)).toEqual([0, 0]);
  expect(pair.agents.map((agent) => agent.stats().waiting)).toEqual([0, 0]);
  expect(pair.clock.pending).toBe(0);
  expect(callee.requests.filter(({ message }) => message.method === 'INVITE').length).toBeLessThan(
    2,
  );
  return outcome;
}

describe('a call over a network that loses datagrams', () => {
  test('succeeds always where nothing is lost, whatever is delayed, doubled or reordered', () => {
    expect(new Set(SEEDS.map((seed) => call(seed, 0)))).toEqual(new Set(['up']));
  });

  test('succeeds always where a quarter is lost', () => {
    const ends = SEEDS.map((seed) => call(seed, 0.25));
    expect(ends.filter((end) => end !== 'up')).toEqual([]);
  });

  test('leaves nothing behind where nearly all is lost', () => {
    const ends = SEEDS.map((seed) => call(seed, 0.8));
    expect(ends.some((end) => end !== 'up')).toBe(true);
  });
});
