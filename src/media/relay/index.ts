export type { Backend } from './messages';
export { createRelayPlane, type RelayOptions, type RelayPlane } from './relay-plane';
