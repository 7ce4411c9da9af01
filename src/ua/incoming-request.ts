import { reasonPhrase } from '../core';
import type { AgentCore } from './core';
import { type Content, EngineDelivery } from './message';
import type { Answer, IncomingRequest, Source } from './types';
import { wireHeaders } from './wire-headers';
import type { WireRequest } from './wire-message';

/** A request from the network that waits for its one final response. */
export class ArrivedRequest extends EngineDelivery implements IncomingRequest {
  constructor(
    protected readonly core: AgentCore,
    private readonly received: WireRequest,
  ) {
    super(received.read());
  }

  get method(): string {
    return this.received.method;
  }

  get uri(): string {
    return this.received.uri;
  }

  get source(): Source {
    const { protocol, address, port } = this.received;
    return {
      protocol: protocol === 'tcp' || protocol === 'tls' ? protocol : 'udp',
      address,
      port,
    };
  }

  get receivedOn(): string {
    return this.received.receivedOn;
  }

  get callId(): string {
    return this.header('call-id') ?? '';
  }

  respond(status: number, answer?: Answer): Promise<void> {
    const sent = this.sendResponse(status, answer, () => {});
    // Who does not care whether it could be sent need not catch; who awaits it still learns.
    sent.catch(() => {});
    return sent;
  }

  /** Resolves with what `onSent` makes, at once, of the response as the engine sent it. */
  protected sendResponse<Result>(
    status: number,
    answer: Answer = {},
    onSent: (echo: () => Content) => Result,
  ): Promise<Result> {
    const { link, userAgent } = this.core;
    const { body } = answer;
    const headers = wireHeaders(answer.headers, body, ['server', userAgent]);
    const reason = answer.reason || reasonPhrase(status);
    return new Promise((resolve, reject) => {
      const done = (refused: string | undefined, echo: () => Content) => {
        if (refused === undefined) resolve(onSent(echo));
        else reject(new Error(refused));
      };
      link.respond(this.received, status, oneLine(reason), { headers, body }, done);
    });
  }
}

function oneLine(reason: string): string {
  return reason.replace(/[\r\n]+/g, ' ');
}
