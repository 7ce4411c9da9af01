export { type Api, type ApiOptions, createApi } from './server';
export type {
  LiveCall,
  LiveRecording,
  Readiness,
  StatusSource,
} from './status-source';
