export {
  formatNameAddr,
  formatSipUri,
  type NameAddr,
  parseNameAddr,
  parseSipUri,
  type SipUri,
  splitList,
  uriParam,
} from './address';
export { type AgentOptions, connectAgent } from './agent';
export { canonicalName } from './message';
export * from './types';
