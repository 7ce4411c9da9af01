import type { SipResponse } from '../message';
import type { Inbound, SipTransport } from '../transport';

/** What the layers above need of the transport; a test gives its own. */
export type Network = Pick<
  SipTransport,
  'send' | 'localFor' | 'isOurs' | 'known' | 'resolve' | 'candidates'
>;

/** A response and how it came. */
export interface InboundResponse extends Inbound {
  readonly message: SipResponse;
}
