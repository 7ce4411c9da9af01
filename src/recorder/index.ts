export { createRecorder } from './recorder';
export type * from './recording';
export type * from './types';
