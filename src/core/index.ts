export { Driver, type Machine } from './driver';
export { Events } from './events';
export { FAULTS, Fault, type FaultCode } from './faults';
export { type Ids, randomIds } from './ids';
export { createLog, type Log, type LogLevel, silentLog } from './log';
export { redact } from './pii';
export { prettyLines } from './pretty-log';
export { type Cancel, type Clock, type Instant, type Millis, SystemClock } from './time';
export { TimerTable } from './timer-table';
