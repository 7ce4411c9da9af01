export {
  type Address,
  defaultPort,
  family,
  formatAddress,
  isReliable,
  type Protocol,
} from './address';
export { type Destination, responseDestination } from './destination';
export type { SendFailure, SendFailureReason } from './failure';
export type { Arrival, ConnectionId, Inbound, Malformed } from './inbound';
export type { Dns, NextHop, Resolution, Resolver } from './resolver';
export {
  type Binding,
  SipTransport,
  type TransportHandlers,
  type TransportOptions,
} from './sip-transport';
export type { TransportStats } from './stats';
