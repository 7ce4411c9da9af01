export type { Backend } from './messages';
export { canMix, canPlay } from './playout/prepared';
export { PortRange } from './port-range';
export { createRelayPlane, type RelayOptions, type RelayPlane } from './relay-plane';
