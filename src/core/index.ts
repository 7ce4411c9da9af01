export { Driver, type Machine } from './driver';
export { Events } from './events';
export { FAULTS, Fault, type FaultCode } from './faults';
export { type Ids, randomIds } from './ids';
export { Lexicon } from './lexicon';
export { createLog, type Log, type LogLevel, silentLog } from './log';
export { isLoopback } from './loopback';
export { editDistance, nearest } from './nearest';
export { redact } from './pii';
export { prettyLines } from './pretty-log';
export { reasonPhrase } from './reason-phrase';
export { soon } from './soon';
export {
  busyShare,
  type Cancel,
  type Clock,
  type Instant,
  type Micros,
  type Millis,
  SystemClock,
} from './time';
export { TimerTable } from './timer-table';
