import type { AgentCore } from './core';
import { TextMessage } from './message';
import type { SrfAck, SrfRequest, SrfRequestOptions, SrfResponse } from './srf';
import { DialogGone, type Headers, type IncomingResponse } from './types';
import { wireHeaders } from './wire-headers';

/** A response that arrived, or one made here because nothing could be sent. */
export class ArrivedResponse extends TextMessage implements IncomingResponse {
  constructor(
    readonly status: number,
    readonly reason: string,
    raw: string,
  ) {
    super(raw);
  }

  static of(response: SrfResponse): ArrivedResponse {
    return new ArrivedResponse(response.status, response.reason ?? '', response.msg.raw ?? '');
  }
}

/** Where a request goes: a URI outside of dialogs, or a dialog by its id. */
export type Destination =
  | { readonly uri: string; readonly nextHop?: string | undefined }
  | { readonly dialogId: string };

export interface Content {
  readonly body?: string | undefined;
  readonly headers?: Headers | undefined;
}

/** How a request of ours ended. `ack` acknowledges a 2xx to INVITE. */
export interface Ended {
  readonly response: ArrivedResponse;
  readonly ack: SrfAck;
}

/** Hears of a request of ours at once, where a promise would be heard after the next frame. */
export interface Progress {
  sent?(request: SrfRequest): void;
  provisional?(response: SrfResponse): void;
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
  const options: SrfRequestOptions = { method, headers };
  if (body) options.body = body;
  if ('dialogId' in destination) {
    options.stackDialogId = destination.dialogId;
  } else {
    options.uri = destination.uri;
    if (destination.nextHop) options.proxy = destination.nextHop;
  }

  return new Promise((resolve, reject) => {
    core.link.request(options, {
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
    });
  });
}

/** Acknowledges a 2xx. The engine refuses an ACK to a dialog that is gone, and that is no news. */
export function acknowledge(core: AgentCore, ack: SrfAck, body: string | undefined): void {
  try {
    ack(body ? { body, headers: wireHeaders(undefined, body) } : {});
  } catch (error) {
    core.log.debug({ err: error }, 'ack not sent');
  }
}
