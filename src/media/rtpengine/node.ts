import type { Cancel, Clock, Log, Millis } from '../../core';
import type { NgClient, NgCommand, NgOutcome } from './ng';

export interface NodeOptions {
  /** As people know it: `10.0.0.5:2223`. */
  readonly name: string;
  /** Its share of the calls, in proportion to the weights of the others. */
  readonly weight: number;
  readonly client: NgClient;
  readonly clock: Clock;
  readonly log: Log;
  /** How often it is asked whether it lives. */
  readonly pingMs: Millis;
  /** After so long without an answer its calls are given up. */
  readonly lostAfterMs: Millis;
}

/** Told of a node's fate. */
export interface NodeOwner {
  /** It answers again: what it carried may be gone. */
  onReturn(node: Node): void;
  /** It has not answered for so long that its calls are given up. */
  onLost(node: Node): void;
}

/**
 * One rtpengine.
 *
 *     unknown ──answers──▶ up ◀──answers── down ──lostAfterMs──▶ its calls are given up
 *        └──silent──▶ down ◀──silent──┘
 *
 * Any command tells: whatever it answers, it lives. One that is down gets no new calls, and is asked on.
 */
export class Node {
  readonly name: string;
  /** Lines it carries. */
  lines = 0;
  #state: 'unknown' | 'up' | 'down' = 'unknown';
  #nextPing: Cancel = () => {};
  #giveUp: Cancel = () => {};
  #closed = false;

  constructor(
    private readonly options: NodeOptions,
    private readonly owner: NodeOwner,
  ) {
    this.name = options.name;
  }

  get up(): boolean {
    return this.#state === 'up';
  }

  /** What one more line would weigh here. */
  get load(): number {
    return (this.lines + 1) / this.options.weight;
  }

  /** Asks for the first time, and again and again from then on; resolves with the first outcome. */
  async start(): Promise<void> {
    await this.ask({ command: 'ping' });
    if (this.#closed) return;
    this.#nextPing = this.options.clock.after(this.options.pingMs, () => void this.start());
  }

  /** Never rejects. */
  async ask(command: NgCommand): Promise<NgOutcome> {
    const outcome = await this.options.client.ask(command);
    if (this.#closed) return outcome;
    if (outcome.kind === 'silent') this.#fell(outcome.reason);
    else this.#rose();
    return outcome;
  }

  close(): void {
    this.#closed = true;
    this.#nextPing();
    this.#giveUp();
    this.options.client.close();
  }

  #rose(): void {
    if (this.#state === 'up') return;
    const back = this.#state === 'down';
    this.#state = 'up';
    this.#giveUp();
    this.options.log.info({ node: this.name }, 'rtpengine node up');
    if (back) this.owner.onReturn(this);
  }

  #fell(reason: string): void {
    if (this.#state === 'down') return;
    this.#state = 'down';
    const { clock, log, lostAfterMs } = this.options;
    log.warn({ node: this.name, reason, lines: this.lines }, 'rtpengine node down');
    this.#giveUp = clock.after(lostAfterMs, () => this.owner.onLost(this));
  }
}

/** Nodes that can take a call, the one with the least to do for its weight first. */
export function byLoad(nodes: readonly Node[]): Node[] {
  return nodes.filter((node) => node.up).sort((one, other) => one.load - other.load);
}
