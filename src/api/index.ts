export { type Api, type ApiOptions, createApi } from './server';
export type {
  LiveCall,
  LiveRecording,
  Readiness,
  RecordingEntry,
  RecordingFile,
  StatusSource,
} from './status-source';
