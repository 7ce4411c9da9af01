export { AdminPort } from './admin-port';
export { Control, type ControlOptions } from './control';
export { type InProcess, inProcess } from './in-process';
