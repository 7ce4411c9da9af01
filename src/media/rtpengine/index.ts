export type { NgAddress, NgSocket } from './ng';
export {
  createRtpenginePlane,
  type RtpengineNode,
  type RtpengineOptions,
  type RtpenginePlane,
} from './plane';
export type { SoundFiles } from './sounds';
