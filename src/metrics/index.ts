export {
  CALL_CLASSES,
  CATALOGUE,
  type CallClass,
  type Definition,
  ENDERS,
  type Ender,
  RECORDED,
  type Recorded,
} from './catalogue';
export { type CdrWriter, type CdrWriterOptions, createCdrWriter } from './cdr-writer';
export { createMetrics, type EndedCall, type EndedRecording, type Metrics } from './metrics';
export type { CdrUsage, EngineUsage, MediaUsage, UsageSources } from './usage';
