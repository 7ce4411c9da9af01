export { Agent, type AgentOptions, type AgentStats } from './agent';
export type { Application, CdrEvent, CdrKind, Ids, Outcome, Reply, Sent } from './application';
export type { Command, ProxyOrder } from './commands';
export type { AgentCounts, Limits } from './ground';
export {
  type AppMessage,
  readAppMessage,
  readWrittenMessage,
  type WrittenMessage,
} from './text';
