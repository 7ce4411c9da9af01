export { type DemoOptions, type DemoVerdict, runDemo } from './demo';
export { type RecorderService, startRecorder } from './recorder';
export { serviceLog } from './service-log';
export { explainPolicy, openSettings, speaksText } from './settings';
export { startTwintrack, type Twintrack } from './twintrack';
