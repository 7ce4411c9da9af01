/**
 * The o= line of the descriptions that we send to one peer in one dialog, and what the last of them
 * said: RFC 3264 §8 wants the version to go up by one when the description changes, and only then.
 */
export interface OwnOrigin {
  /** A decimal number, the same for the whole dialog. */
  readonly sessionId: string;
  /** Of the last description written, 0 before the first. */
  readonly version: number;
  /** Ours; also that of the c= line of the session. */
  readonly address: string;
  /** The last description without its o= line. */
  readonly body: string;
}

/** An origin that has described nothing yet. */
export function ownOrigin(sessionId: string, address: string): OwnOrigin {
  return { sessionId, version: 0, address, body: '' };
}

/** The origin after a description whose other lines are `body`. */
export function describedBy(origin: OwnOrigin, body: string): OwnOrigin {
  return body === origin.body ? origin : { ...origin, version: origin.version + 1, body };
}

/** The value of the o= line. User name `-`: it would tell who is behind us. */
export function originValue({ sessionId, version, address }: OwnOrigin): string {
  return `- ${sessionId} ${version} ${networkAddress(address)}`;
}

/** `IN IP4 192.0.2.1`, as o= and c= lines have it. */
export function networkAddress(address: string): string {
  return `IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`;
}
