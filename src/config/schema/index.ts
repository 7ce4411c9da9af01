import { z } from 'zod';
import { announcements } from './announcements';
import { media } from './media';
import { recorder } from './recorder';
import { dialPlan, peers, routes, users } from './routing';
import { cdr, http, log, shutdown } from './service';
import { settings } from './settings';
import { sip } from './sip';

/** The sections of the configuration. Descriptions are what `--explain` and the reference show. */
export const schema = z.strictObject({
  sip: sip.prefault({}).describe('Signalling.'),
  media: media.prefault({}).describe('Audio.'),
  peers,
  users,
  routes,
  dialPlan,
  settings: settings
    .prefault({})
    .describe('Recording settings that are changed while the service runs.'),
  recorder: recorder.prefault({}).describe('Recording.'),
  announcements: announcements.prefault({}).describe('What parties hear.'),
  http: http.prefault({}).describe('Health, metrics, live calls and recordings over HTTP.'),
  log: log.prefault({}).describe('Logs, on standard output.'),
  cdr: cdr.prefault({}).describe('Call detail records.'),
  shutdown: shutdown.prefault({}).describe('The end of the service.'),
});

export type { RecorderPlace, RecorderProvider } from './recorder';
export { RESERVED_NAMES, type RouteTarget } from './routing';
