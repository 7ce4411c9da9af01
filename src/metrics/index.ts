export { CATALOGUE, type Definition } from './catalogue';
export { type CdrWriter, type CdrWriterOptions, createCdrWriter } from './cdr-writer';
export { createMetrics, type Metrics } from './metrics';
export type { CdrUsage, EngineUsage, UsageSources } from './usage';
