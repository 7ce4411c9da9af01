export { usesEmbeddedRecorder } from './checks';
export { jsonSchema } from './documents/json-schema';
export { referenceTables } from './documents/reference';
export { templateFile } from './documents/template';
export type { DeepReadonly } from './freeze';
export { type Config, type ConfigSources, defaultConfig, type Loaded, loadConfig } from './load';
export { type Origin, showOrigin } from './located';
export { type Problem, showProblem } from './problem';
export { explain, type Provenance } from './provenance';
export type { RecorderPlace, RecorderProvider, RouteTarget } from './schema';
export { Secret } from './secret';
export { CONFIG_VARIABLE } from './sources/environment';
export { FLAGS, type FlagName, type Flags } from './sources/flags';
export type {
  Cidr,
  HostPort,
  NumberPattern,
  PortRange,
  SipListener,
  SipTarget,
} from './values';
