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
export * from './types';
