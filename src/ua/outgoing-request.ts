import type { AgentCore } from './core';
import type { Destination, WireAck } from './link';
import { type Content as Delivered, EngineDelivery } from './message';
import { DialogGone, type Headers, type IncomingResponse } from './types';
import { wireHeaders } from './wire-headers';
import type { WireResponse, WireSent } from './wire-message';

/** A response that arrived, or one made here because nothing could be sent. */
export class ArrivedResponse extends EngineDelivery implements IncomingResponse {
  constructor(
    readonly status: number,
    readonly reason: string,
    content: Delivered,
  ) {
    super(content);
  }

  static of({ status, reason, content }: WireResponse): ArrivedResponse {
    return new ArrivedResponse(status, reason, content);
  }
}

export interface Content {
  readonly body?: string | undefined;
  readonly headers?: Headers | undefined;
}

/** How a request of ours ended. `ack` acknowledges a 2xx to INVITE. */
export interface Ended {
  readonly response: ArrivedResponse;
  readonly ack: WireAck;
}

/** Hears of a request of ours at once, where a promise would be heard after the next frame. */
export interface Progress {
  sent?(request: WireSent): void;
  provisional?(response: WireResponse): void;
  final?(ended: Ended): void;
}

/**
 * Sends a request and resolves with its final response. Inside a dialog it rejects with `DialogGone`
 * when there is nothing to send in; outside, what could not be sent is a 503 made here (RFC 3261
 * §8.1.3.1).
 */
export function sendRequest(
  core: AgentCore,
  method: string,
  destination: Destination,
  content: Content,
  progress: Progress = {},
): Promise<Ended> {
  const { body } = content;
  const headers = wireHeaders(content.headers, body, ['user-agent', core.userAgent]);
  return new Promise((resolve, reject) => {
    core.link.request(
      method,
      destination,
      { headers, body },
      {
        sent: (request) => progress.sent?.(request),
        response: (response, ack) => {
          if (response.status < 200) {
            progress.provisional?.(response);
            return;
          }
          const ended = { response: ArrivedResponse.of(response), ack };
          progress.final?.(ended);
          resolve(ended);
        },
        failed: (reason) => {
          if ('dialogId' in destination) {
            reject(new DialogGone(reason));
            return;
          }
          const ended = { response: new ArrivedResponse(503, reason, ''), ack: () => {} };
          progress.final?.(ended);
          resolve(ended);
        },
      },
    );
  });
}

/** Acknowledges a 2xx. The engine refuses an ACK to a dialog that is gone, and that is no news. */
export function acknowledge(core: AgentCore, ack: WireAck, body: string | undefined): void {
  try {
    ack(body ? { body, headers: wireHeaders(undefined, body) } : {});
  } catch (error) {
    core.log.debug({ err: error }, 'ack not sent');
  }
}
