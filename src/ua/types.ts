import type { Server, Socket } from 'node:net';

/**
 * The SIP face of the house: what call code sees of SIP. Everything here is a promise or a typed
 * event over drachtio-srf, whichever engine (embedded, or a drachtio-server) stands behind it.
 * Bodies are opaque text. Transactions, retransmission, ACK to failures, dialogs' tags, CSeq and
 * route sets are the engine's work.
 */

/** Header names are matched without regard to case; a value may hold several, comma-joined. */
export interface Headers {
  readonly [name: string]: string | readonly string[];
}

/** One header line of a message that arrived. */
export interface MessageHeader {
  /** Its lower-case long name: what names are compared by. */
  readonly key: string;
  /** As it was written. */
  readonly name: string;
  readonly value: string;
}

/** A message that arrived. */
export interface SipMessage {
  /** The first (or comma-joined) value of a header, by any case, long or compact name. */
  header(name: string): string | undefined;
  /** Every header as received, in order. */
  readonly headers: readonly MessageHeader[];
  /** The body as text, '' when there is none. */
  readonly body: string;
}

/** Where a request came from. */
export interface Source {
  readonly protocol: 'udp' | 'tcp' | 'tls';
  readonly address: string;
  readonly port: number;
}

/** What an answer carries. */
export interface Answer {
  readonly reason?: string;
  readonly headers?: Headers;
  readonly body?: string;
}

/** A request that arrived, in or out of a dialog; respond exactly once with a final status. */
export interface IncomingRequest extends SipMessage {
  readonly method: string;
  readonly uri: string;
  readonly source: Source;
  /** `host:port` of ours on which it arrived. */
  readonly receivedOn: string;
  readonly callId: string;
  /** Sends a response. Resolves once the engine has sent it; rejects with the engine's reason. */
  respond(status: number, answer?: Answer): Promise<void>;
}

/** A response that arrived. */
export interface IncomingResponse extends SipMessage {
  readonly status: number;
  readonly reason: string;
}

/** An INVITE that arrived outside a dialog: RFC 3261 §13.3. */
export interface IncomingInvite extends IncomingRequest {
  /** True when the caller lists 100rel in Supported or Require (RFC 3262). */
  readonly supportsReliableProvisionals: boolean;
  /**
   * Sends a provisional response; `reliable` asks for RSeq (RFC 3262). Resolves once the engine has
   * sent it; the PRACK comes by `onPrack`, and is answered 200 when that is unset.
   */
  progress(status: number, answer?: Answer & { reliable?: boolean }): Promise<void>;
  /** Called for each PRACK; its SDP body may carry an offer or an answer. Answer with respond(). */
  onPrack: ((prack: IncomingRequest) => void) | undefined;
  /** Called for an UPDATE before the final answer (RFC 3311). */
  onUpdate: ((update: IncomingRequest) => void) | undefined;
  /** Called once when the caller cancels; the engine has answered 200 and 487 by itself. `reason` is
   * the Reason header's value (RFC 3326). Also when the control link is lost before the final answer. */
  onCancel: ((reason: string | undefined) => void) | undefined;
  /** Called for any other request inside the early dialog (INFO, BYE ...). Unset: 501. */
  onRequest: ((request: IncomingRequest) => void) | undefined;
  /** Sends a request (UPDATE, INFO ...) to the caller inside the early dialog. */
  request(
    method: string,
    options?: { body?: string; headers?: Headers },
  ): Promise<IncomingResponse>;
  /** Sends 200 and resolves with the dialog, at once (not at ACK). */
  accept(answer: Answer): Promise<Dialog>;
  /** Sends a final failure or redirection. */
  reject(status: number, answer?: Answer): Promise<void>;
}

/** An INVITE to send. */
export interface InviteOptions {
  readonly uri: string;
  /** Next hop when it differs from the URI, e.g. `sip:10.0.0.1:5060;transport=tcp;lr`. */
  readonly nextHop?: string;
  readonly headers?: Headers;
  /** Absent for an offerless INVITE. */
  readonly body?: string;
}

/** An INVITE of ours under way: RFC 3261 §13.2. */
export interface OutgoingInvite {
  /** Each provisional response above 100. Reliable ones are PRACKed by `prack`, which the listener
   * must call (once) when `response.header('rseq')` is set; it resolves with the PRACK's response. */
  onProgress: ((response: Provisional) => void) | undefined;
  /** An UPDATE from the callee before its final answer (RFC 3311). */
  onUpdate: ((update: IncomingRequest) => void) | undefined;
  /** A request from the callee inside the early dialog, other than UPDATE (INFO, PRACK's peers ...). */
  onRequest: ((request: IncomingRequest) => void) | undefined;
  /**
   * Resolves with the final answer. For a 2xx, `ack` must be called exactly once, with the SDP
   * answer when the INVITE carried no offer; until then the dialog exists but is not acknowledged.
   */
  readonly final: Promise<Accepted | Rejected>;
  /** Sends CANCEL (RFC 3261 §9). A 2xx that crosses it is still delivered through `final`, and is
   * to be ACKed and ended with BYE by the caller of this method. */
  cancel(reason?: string): void;
  /** Sends UPDATE inside the early dialog. */
  update(body: string, headers?: Headers): Promise<IncomingResponse>;
  /** Sends any other request (INFO ...) inside the early dialog. */
  request(
    method: string,
    options?: { body?: string; headers?: Headers },
  ): Promise<IncomingResponse>;
}

export interface Provisional extends IncomingResponse {
  readonly reliable: boolean;
  prack(body?: string, headers?: Headers): Promise<IncomingResponse | undefined>;
}

export interface Accepted {
  readonly kind: 'accepted';
  readonly response: IncomingResponse;
  readonly dialog: Dialog;
  ack(body?: string): void;
}

export interface Rejected {
  readonly kind: 'rejected';
  /** 3xx-6xx; 408 when nothing answered and 503 when nothing could be sent, made by the engine. */
  readonly response: IncomingResponse;
}

/** How a re-INVITE of ours ended. A 2xx must be acknowledged by `ack` exactly once. */
export type OutgoingReinvite = Promise<
  | { readonly kind: 'accepted'; readonly response: IncomingResponse; ack(body?: string): void }
  | { readonly kind: 'rejected'; readonly response: IncomingResponse }
>;

/** A re-INVITE that arrived: RFC 3261 §14.2. */
export interface IncomingReinvite extends IncomingRequest {
  /** Called when the peer cancels it; the engine has answered 200 and 487 by itself. */
  onCancel: (() => void) | undefined;
}

/** A request was to be sent inside a dialog that is over, or the control link is gone. */
export class DialogGone extends Error {
  override readonly name = 'DialogGone';
}

/**
 * An established dialog: RFC 3261 §12. Set its handlers in the same turn of the event loop in which
 * the promise that gave it resolved: until then what arrives is held back, after that it is not.
 */
export interface Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** Parties as header values: `"Alice" <sip:alice@host>;tag=…`. */
  readonly remoteUri: string;

  /** re-INVITE from the peer. Answer with respond(200, {body}); the ACK is reported by onAck. */
  onReinvite: ((request: IncomingReinvite) => void) | undefined;
  onUpdate: ((request: IncomingRequest) => void) | undefined;
  /** Any other request (INFO, MESSAGE, NOTIFY, REFER, OPTIONS …). Unset: 200 to OPTIONS, else 501. */
  onRequest: ((request: IncomingRequest) => void) | undefined;
  /** ACK to a 2xx of ours; its body is the answer when our 2xx carried the offer. */
  onAck: ((ack: SipMessage) => void) | undefined;
  /** The dialog is over by the peer's BYE or by the engine's (`by: 'engine'`: session timer, ACK
   * timeout, lost control link). Called once, never after `bye()`. The BYE has been answered 200. */
  onEnd: ((end: { by: 'peer' | 'engine'; message: SipMessage | undefined }) => void) | undefined;

  /** re-INVITE. Body absent: offerless. Rejects with `DialogGone` when the dialog is over. */
  reinvite(options: { body?: string; headers?: Headers }): OutgoingReinvite;
  /** Any other in-dialog request. Rejects with `DialogGone` when the dialog is over. */
  request(
    method: string,
    options?: { body?: string; headers?: Headers },
  ): Promise<IncomingResponse>;
  /** Ends the dialog. On a dialog that waits for its first ACK, the BYE leaves after it (RFC 3261 §15).
   * Resolves when the BYE was answered or timed out; never rejects. */
  bye(headers?: Headers): Promise<void>;
}

/** What a message begins with. */
export type WireStart =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

/** A message as an engine in this process has it: headers in order, each one line as it goes on the wire. */
export type EngineMessage = WireStart & {
  readonly headers: ReadonlyArray<{ readonly name: string; readonly value: string }>;
  readonly body: Buffer;
};

/**
 * A stream inside the process that hands frames over whole: their fields, and the message they announce, taken apart
 * where the engine has it so. Its text, '' for none, is written when it is asked for.
 */
export interface PayloadSocket extends Socket {
  /** A frame of ours that holds a message, without its length. Line breaks in a header's value begin another header. */
  takeMessage(
    fields: readonly string[],
    message: {
      readonly start: WireStart;
      readonly headers: Readonly<Record<string, string>> | undefined;
      readonly body: string;
    },
  ): void;
  on(
    event: 'payload',
    listener: (
      fields: readonly string[],
      message: EngineMessage | undefined,
      text: () => string,
    ) => void,
  ): this;
  on(event: string, listener: (...args: never[]) => void): this;
}

/** How to reach the engine. */
export type EngineLink =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly secret: string }
  /** An engine in this process: `server` emits 'connection' with a stream, best a `PayloadSocket`. */
  | {
      readonly kind: 'in-process';
      readonly server: Server;
      readonly secret: string;
      /** Called once we listen on `server`; makes the engine emit its 'connection'. */
      readonly open?: () => void;
    };

/** A SIP user agent over one engine. */
export interface SipAgent {
  /** Where the engine listens, e.g. `udp/127.0.0.1:5060`. */
  readonly listening: readonly string[];
  /** INVITE outside a dialog. Unset: 480. */
  onInvite: ((invite: IncomingInvite) => void) | undefined;
  /** Any other request outside a dialog. Unset: 200 to OPTIONS, 405 to the rest. */
  onRequest: ((request: IncomingRequest) => void) | undefined;
  /** The control link went away (true) or came back (false). Dialogs end by their onEnd. */
  onLinkLost: ((lost: boolean) => void) | undefined;
  invite(options: InviteOptions): OutgoingInvite;
  request(method: string, options: InviteOptions): Promise<IncomingResponse>;
  close(): Promise<void>;
}
