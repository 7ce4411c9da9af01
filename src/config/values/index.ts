export {
  type HostPort,
  isWildcard,
  parseAddress,
  parseAddress6,
  parseHost,
  parseHostPort,
  parseSipListener,
  type SipListener,
  showHostPort,
} from './address';
export { type Cidr, cidrKey, parseCidr } from './cidr';
export { type Codec, parseCodec } from './codec';
export { parseDatabase } from './database';
export {
  type NumberPattern,
  parseNumberPattern,
  parseRewrite,
  rewriteGroups,
} from './number-pattern';
export { type Parsed, parsed, refused } from './parsed';
export { type PortRange, parsePortRange, portPairs } from './port-range';
export { parseAddressOfRecord, parseNumber, parseSipUri, type SipTarget } from './sip-uri';
