export type { Backend } from './messages';
export { canRead } from './playout/packing';
export { canMix, canPlay, speechFormat } from './playout/prepared';
export { PortRange } from './port-range';
export { createRelayPlane, type RelayOptions, type RelayPlane } from './relay-plane';
