import { type Clock, SystemClock, silentLog } from '../../../src/core';
import {
  type Binding,
  type Inbound,
  type LocalEnd,
  type Malformed,
  type SendFailure,
  SipTransport,
  type TransportOptions,
} from '../../../src/engine/transport';

/** Things that happen, to be awaited in their order. */
class Happenings<T> {
  readonly #come: T[] = [];
  readonly #waiting: Array<(one: T) => void> = [];

  readonly add = (one: T): void => {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(one);
    else this.#come.push(one);
  };

  next(): Promise<T> {
    const come = this.#come.shift();
    if (come !== undefined) return Promise.resolve(come);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get unread(): number {
    return this.#come.length;
  }
}

/** A transport under test, with what it tells. */
export class Station {
  readonly messages = new Happenings<Inbound>();
  readonly malformed = new Happenings<Malformed>();
  readonly closed = new Happenings<number>();
  readonly failures = new Happenings<SendFailure>();
  readonly transport: SipTransport;
  /** Called within the handlers, as the layer above would. */
  onMessage: (inbound: Inbound) => void = () => {};
  onMalformed: (malformed: Malformed) => void = () => {};
  ends: readonly LocalEnd[] = [];

  constructor(options: Partial<TransportOptions> & { clock?: Clock } = {}) {
    this.transport = new SipTransport({
      clock: new SystemClock(),
      log: silentLog,
      handlers: {
        onMessage: (inbound) => {
          this.messages.add(inbound);
          this.onMessage(inbound);
        },
        onMalformed: (malformed) => {
          this.malformed.add(malformed);
          this.onMalformed(malformed);
        },
        onConnectionClosed: (connection) => this.closed.add(connection),
      },
      ...options,
    });
  }

  async listen(...bindings: Array<Pick<Binding, 'protocol'> & Partial<Binding>>): Promise<this> {
    this.ends = await this.transport.listen(
      bindings.map((binding) => ({ address: '127.0.0.1', port: 0, ...binding })),
    );
    return this;
  }

  end(index = 0): LocalEnd {
    const end = this.ends[index];
    if (!end) throw new Error(`no end ${index}`);
    return end;
  }
}
