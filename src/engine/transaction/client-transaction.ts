import { type Clock, Driver } from '../../core';
import { ackForFailure, EMPTY_BODY, type SipRequest, serialize, vias } from '../message';
import { type Destination, isReliable } from '../transport';
import { Client } from './client';
import { InviteClient } from './invite-client';
import { clientKey } from './keys';
import type { ClientInput, ClientOutput, TransactionMachine } from './machine';
import type { InboundResponse, Network } from './network';
import type { TimerValues } from './timers';

/** Why a client transaction ended without a final response. */
export type ClientFailure = 'timed-out' | 'failed';

/** Who sent a request. */
export interface ClientUser {
  /** Each response that is not a repetition; 2xx to INVITE repeated by the peer come again. */
  onResponse(response: InboundResponse): void;
  /** No final response will come: it timed out (408), or could not be sent (503). */
  onFailure(failure: ClientFailure): void;
  onTerminated?(): void;
}

type Input = ClientInput<InboundResponse>;
type Output = ClientOutput<InboundResponse>;

/** A request being sent to one destination, until its transaction ends. */
export class ClientTransaction {
  readonly key: string;
  readonly method: string;
  readonly #vias: number;
  #request: SipRequest;
  #bytes: Buffer;
  readonly #machine: TransactionMachine<Input, Output>;
  readonly #driver: Driver<Input, Output>;
  readonly #network: Network;
  readonly #onRetransmission: () => void;
  #transmitted = false;

  /** `request` has its Via, whose branch names the transaction. */
  constructor(
    request: SipRequest,
    readonly destination: Destination,
    private readonly user: ClientUser,
    ground: {
      network: Network;
      clock: Clock;
      timers: TimerValues;
      onRetransmission: () => void;
    },
    private readonly onTerminated: (transaction: ClientTransaction) => void,
  ) {
    this.method = request.method;
    const own = vias(request);
    this.#vias = own.length;
    this.key = clientKey(own[0]?.branch ?? '', request.method);
    this.#request = request;
    this.#bytes = serialize(request);
    this.#network = ground.network;
    this.#onRetransmission = ground.onRetransmission;
    const reliable = isReliable(destination.protocol);
    this.#machine =
      request.method === 'INVITE'
        ? new InviteClient(ground.timers, reliable)
        : new Client(ground.timers, reliable);
    this.#driver = new Driver(this.#machine, ground.clock, (output) => this.#perform(output));
  }

  /** As sent; without its body once the final response came. */
  get request(): SipRequest {
    return this.#request;
  }

  /** As sent; nothing once the final response came. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  start(): void {
    this.#driver.input({ kind: 'start' });
  }

  /**
   * Whether a response has come back as it should: with as many Via as the request left with. More
   * of them mean that it was sent astray (RFC 3261 §8.1.3.3).
   */
  isReturn({ message }: InboundResponse): boolean {
    return vias(message).length <= this.#vias;
  }

  receive(response: InboundResponse): void {
    this.#driver.input({ kind: 'response', status: response.message.status, response });
  }

  /** The connection its request went out on is gone: nothing will be answered on it. */
  connectionLost(): void {
    if (this.#machine.state === 'calling' || this.#machine.state === 'trying') {
      this.#driver.input({ kind: 'transport-failed' });
    }
  }

  /** A CANCEL was sent: 64·T1 is the longest to wait for a final response (RFC 3261 §9.1). */
  cancelled(): void {
    this.#driver.input({ kind: 'cancelled' });
  }

  /** Whether a final response is still to come. */
  get pending(): boolean {
    const { state } = this.#machine;
    return state === 'calling' || state === 'trying' || state === 'proceeding';
  }

  describe(): unknown {
    return {
      kind: 'client',
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
        if (this.#transmitted) this.#onRetransmission();
        this.#transmitted = true;
        this.#send(this.#bytes);
        break;
      case 'acknowledge':
        this.#send(serialize(ackForFailure(this.#request, output.response.message)));
        break;
      case 'report':
        if (output.response.message.status >= 200) this.#shrink();
        this.user.onResponse(output.response);
        break;
      case 'timed-out':
      case 'failed':
        this.user.onFailure(output.kind);
        break;
      case 'terminated':
        this.user.onTerminated?.();
        this.onTerminated(this);
        break;
    }
  }

  /** What lingers holds no more than an ACK or a late answer needs. */
  #shrink(): void {
    if (this.#bytes === EMPTY_BODY) return;
    this.#bytes = EMPTY_BODY;
    const { method, uri, headers } = this.#request;
    this.#request = { kind: 'request', method, uri, headers, body: EMPTY_BODY };
  }

  #send(bytes: Buffer): void {
    this.#network.send(bytes, this.destination, () =>
      this.#driver.input({ kind: 'transport-failed' }),
    );
  }
}
