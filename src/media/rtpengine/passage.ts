import type { Counters } from './counters';

/**
 * What becomes of what the party sends: `missing` until it first flows, `passed` while it flows, and
 * nothing while the gate is shut.
 */
export type Fate = 'missing' | 'passed' | 'shut';

/**
 * How much of a party's stream went to the recorder, told by what the party had sent at each turn:
 * rtpengine counts what it receives, not what it copies.
 */
export class Passage {
  readonly #packets: Record<Fate, number> = { missing: 0, passed: 0, shut: 0 };
  #octets = 0;
  #fate: Fate = 'missing';

  constructor(private since: Counters) {}

  turn(fate: Fate, now: Counters): void {
    this.#count(now);
    this.#fate = fate;
  }

  so(now: Counters): { packets: number; octets: number; dropped: number } {
    this.#count(now);
    const { passed, missing } = this.#packets;
    return { packets: passed, octets: this.#octets, dropped: missing };
  }

  #count(now: Counters): void {
    this.#packets[this.#fate] += Math.max(0, now.packets - this.since.packets);
    if (this.#fate === 'passed') this.#octets += Math.max(0, now.octets - this.since.octets);
    this.since = now;
  }
}
