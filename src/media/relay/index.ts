export type { Backend } from './messages';
export { PortRange } from './port-range';
export { createRelayPlane, type RelayOptions, type RelayPlane } from './relay-plane';
