export {
  type Address,
  defaultPort,
  formatAddress,
  isReliable,
  type LocalEnd,
  type Protocol,
} from './address';
export { LARGE_REQUEST_BYTES } from './candidates';
export type { ConnectionLimits } from './connection';
export { type Destination, responseDestination } from './destination';
export { type Dns, type SrvRecord, systemDns } from './dns';
export type { OnFailure, SendFailure, SendFailureReason } from './failure';
export type { Arrival, ConnectionId, Inbound, Malformed } from './inbound';
export type { InterfaceAddress } from './interfaces';
export type { Binding } from './listener';
export { type NextHop, type Resolution, Resolver, type ResolverOptions } from './resolver';
export { SipTransport, type TransportHandlers, type TransportOptions } from './sip-transport';
export { stampVia } from './stamp';
export type { TransportStats } from './stats';
