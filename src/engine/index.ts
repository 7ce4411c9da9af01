export { Engine, type EngineOptions, type EngineStats } from './engine';
export type { InProcess } from './wire';
