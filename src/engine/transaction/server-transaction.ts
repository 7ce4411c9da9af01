import { type Clock, Driver } from '../../core';
import { type SipRequest, type SipResponse, serialize } from '../message';
import { type Destination, type Inbound, isReliable, responseDestination } from '../transport';
import { compact } from './compact';
import { InviteServer } from './invite-server';
import type { ServerInput, ServerOutput, TransactionMachine } from './machine';
import type { Network } from './network';
import { Server } from './server';
import type { TimerValues } from './timers';

/** Who answers a request, as far as the transaction has something to tell. */
export interface ServerUser {
  /** ACK to a 2xx that came on the INVITE's own branch. */
  onAck?(ack: Inbound): void;
  /** A CANCEL that means this request came, and has had its 200. */
  onCancel?(cancel: ServerTransaction): void;
  /** A final response other than 2xx was never acknowledged (timer H). */
  onUnacknowledged?(): void;
  onTerminated?(): void;
}

type Input = ServerInput<Buffer, Inbound>;
type Output = ServerOutput<Buffer, Inbound>;

/** A request that arrived, until its transaction ends: the machine, its timers and its socket. */
export class ServerTransaction {
  readonly method: string;
  user: ServerUser = {};
  /** The tag its responses carry in To, chosen once (RFC 3261 §8.2.6.2). */
  toTag: string | undefined;
  readonly #machine: TransactionMachine<Input, Output>;
  readonly #driver: Driver<Input, Output>;
  readonly #network: Network;
  readonly #destination: Destination;
  #request: SipRequest | undefined;
  #inbound: Inbound | undefined;
  #status = 0;

  constructor(
    request: SipRequest,
    inbound: Inbound,
    ground: { network: Network; clock: Clock; timers: TimerValues },
    private readonly onTerminated: (transaction: ServerTransaction) => void,
  ) {
    this.method = request.method;
    this.#request = request;
    this.#inbound = inbound;
    this.#destination = responseDestination(request, inbound);
    this.#network = ground.network;
    const reliable = isReliable(inbound.source.protocol);
    this.#machine =
      request.method === 'INVITE'
        ? new InviteServer(ground.timers, reliable)
        : new Server(ground.timers, reliable);
    this.#driver = new Driver(this.#machine, ground.clock, (output) => this.#perform(output));
  }

  get request(): SipRequest {
    if (!this.#request) throw new Error('a settled transaction was asked for its request');
    return this.#request;
  }

  get inbound(): Inbound {
    if (!this.#inbound) throw new Error('a settled transaction was asked whence it came');
    return this.#inbound;
  }

  /**
   * Its user has done with it: what lingers for retransmissions (half a minute, thousands of them)
   * holds neither the request nor the user.
   */
  settle(): void {
    this.#request = undefined;
    this.#inbound = undefined;
    this.user = {};
  }

  /** The last status sent; 0 when none was. */
  get status(): number {
    return this.#status;
  }

  /** Sends a response; one after a final response goes nowhere. Gives the bytes sent. */
  respond(response: SipResponse): Buffer {
    const bytes = serialize(response);
    this.respondWith(response.status, bytes);
    return bytes;
  }

  /** Sends bytes made before, such as a 2xx again. */
  respondWith(status: number, bytes: Buffer): void {
    if (this.#status < 200) this.#status = status;
    // What the machine keeps for retransmissions is a copy; a 2xx to INVITE its user keeps.
    const lingers = status >= 300 || (status >= 200 && this.method !== 'INVITE');
    const reply = lingers ? compact(bytes) : bytes;
    this.#driver.input({ kind: 'respond', status, reply });
  }

  retransmission(): void {
    this.#driver.input({ kind: 'retransmission' });
  }

  acknowledge(ack: Inbound): void {
    this.#driver.input({ kind: 'ack', request: ack });
  }

  describe(): unknown {
    return {
      kind: 'server',
      method: this.method,
      state: this.#machine.state,
      deadline: this.#machine.nextDeadline(),
      reason: this.#machine.waitingFor,
    };
  }

  /** Forgets it at once: the process is about to end. */
  stop(): void {
    this.#driver.stop();
  }

  #perform(output: Output): void {
    switch (output.kind) {
      case 'transmit':
        this.#network.send(output.reply, this.#destination, () =>
          this.#driver.input({ kind: 'transport-failed' }),
        );
        break;
      case 'report-ack':
        this.user.onAck?.(output.request);
        break;
      case 'unacknowledged':
        this.user.onUnacknowledged?.();
        break;
      case 'failed':
        // RFC 6026 §7.1: the transaction stays; the peer's retransmission is its next chance.
        break;
      case 'terminated':
        this.user.onTerminated?.();
        this.onTerminated(this);
        break;
    }
  }
}
