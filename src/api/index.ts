export type { CallControl } from './call-control';
export { type Api, type ApiOptions, createApi } from './server';
export type { SettingsSource } from './settings/source';
export type {
  LiveCall,
  LiveRecording,
  Readiness,
  StatusSource,
} from './status-source';
