export { type AgentOptions, connectAgent } from './agent';
export * from './types';
