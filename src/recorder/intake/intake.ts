import { performance } from 'node:perf_hooks';
import { Fault, type Millis } from '../../core';
import type { FromIntake, IntakeBirth, RequestName, Requests, ToIntake } from './messages';
import { PortPairs } from './port-pairs';
import { Take } from './take';

const TICK: Millis = 100;
const PROGRESS_INTERVAL: Millis = 5_000;

/** Every recording of an intake's thread, and the requests of control about them. */
export class Intake {
  readonly #takes = new Map<string, { readonly take: Take; nextProgress: number }>();
  readonly #pairs: PortPairs;

  constructor(
    private readonly birth: IntakeBirth,
    private readonly post: (message: FromIntake) => void,
  ) {
    this.#pairs = new PortPairs(birth.address, birth.ports);
    // On a timer, for nothing here waits for it by the packet: drift does no harm.
    setInterval(() => this.#tick(), TICK);
  }

  async take({ number, name, body }: ToIntake): Promise<void> {
    try {
      const answer = await this.#do(name, body as never);
      this.post({ kind: 'answer', number, body: answer });
    } catch (error) {
      const fault =
        error instanceof Fault ? error : new Fault('RECORDING_NOT_WRITABLE', String(error));
      this.post({ kind: 'refusal', number, code: fault.code, detail: fault.message });
    }
  }

  #do<Name extends RequestName>(
    name: Name,
    body: Requests[Name]['ask'],
  ): Promise<Requests[Name]['answer']>;
  async #do(name: RequestName, body: { readonly id: string }): Promise<unknown> {
    switch (name) {
      case 'open':
        return this.#open(body as Requests['open']['ask']);
      case 'change': {
        const { id, lines } = body as Requests['change']['ask'];
        return this.#known(id).follow(lines);
      }
      case 'report':
        return this.#known(body.id).report(performance.now());
      case 'finish':
        return this.#forget(body.id).finish();
      case 'discard':
        return this.#forget(body.id).discard();
    }
  }

  async #open(order: Requests['open']['ask']): Promise<Requests['open']['answer']> {
    const { id } = order;
    const take = await Take.open(order, this.birth, this.#pairs, (reason) =>
      this.post({ kind: 'failed', id, reason }),
    );
    try {
      const ports = await take.follow(order.lines);
      this.#takes.set(id, { take, nextProgress: performance.now() + PROGRESS_INTERVAL });
      return ports;
    } catch (error) {
      await take.discard();
      throw error;
    }
  }

  #known(id: string): Take {
    const known = this.#takes.get(id);
    if (!known) throw new Fault('MEDIA_WORKER_LOST', `nothing is known of recording ${id}`);
    return known.take;
  }

  #forget(id: string): Take {
    const take = this.#known(id);
    this.#takes.delete(id);
    return take;
  }

  #tick(): void {
    const now = performance.now();
    for (const [id, entry] of this.#takes) {
      try {
        entry.take.tick(now);
        if (now < entry.nextProgress) continue;
        entry.nextProgress = now + PROGRESS_INTERVAL;
        this.post({ kind: 'progress', id, report: entry.take.report(now) });
      } catch (error) {
        // One recording's bug is not to be another's.
        this.post({ kind: 'bug', error: String((error as Error)?.stack ?? error) });
      }
    }
  }
}
