import { z } from 'zod';
import {
  type Parsed,
  parseAddress,
  parsed,
  parsePortRange,
  parseSipListener,
  parseSipUri,
  refused,
  type SipTarget,
} from '../values';
import { filePath, seconds, text, whole } from './fields';

/** Who records. */
export type RecorderProvider = RecorderPlace | { readonly kind: 'none' };

/** A recorder. */
export type RecorderPlace =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'external'; readonly server: SipTarget };

const provider = text<RecorderProvider>((written) =>
  written === 'none' ? parsed({ kind: 'none' }) : placeIn(written, 'embedded, none,'),
);

function placeIn(written: string, words: string): Parsed<RecorderPlace> {
  if (written === 'embedded') return parsed({ kind: 'embedded' });
  if (!written.includes(':')) {
    return refused(`wants ${words} or the SIP URI of a recorder, got "${written}"`);
  }
  const server = parseSipUri(written);
  return server.ok ? parsed({ kind: 'external', server: server.value }) : server;
}

const embedded = z.strictObject({
  listen: z
    .array(text(parseSipListener))
    .min(1)
    .prefault(['tcp/127.0.0.1:5070', 'udp/127.0.0.1:5070'])
    .describe('Where the embedded recorder takes recording sessions.'),
  address: text(parseAddress)
    .prefault('127.0.0.1')
    .describe('Address on which it receives the recorded audio.'),
  ports: text(parsePortRange)
    .prefault('10000-19999')
    .describe('UDP ports on which it receives the recorded audio, from an even to an odd one.'),
  directory: filePath().prefault('./recordings').describe('Where recordings are kept.'),
  retentionDays: whole(1, 36_500)
    .nullable()
    .prefault(null)
    .describe('Recordings older than this are deleted; null keeps them for ever.'),
});

export const recorder = z.strictObject({
  provider: provider
    .prefault('embedded')
    .describe(
      'Who records: embedded, none, or the SIP URI of a recording server, as sip:rec@HOST:PORT;transport=tcp.',
    ),
  standby: z
    .array(text<RecorderPlace>((written) => placeIn(written, 'embedded')))
    .max(8)
    .prefault([])
    .describe(
      'Recorders that follow, best first, when that one does not take a recording or is found gone in mid-call: embedded, or SIP URIs.',
    ),
  dialect: z
    .enum(['rfc7865', 'broadworks'])
    .prefault('rfc7865')
    .describe(
      'How the recorder is spoken to: rfc7865, or broadworks, the form of Cisco BroadWorks and Webex Calling.',
    ),
  srtp: z
    .enum(['off', 'sdes'])
    .prefault('off')
    .describe(
      'How the audio goes to the recorder: off (plain RTP), or sdes (SRTP, its keys in the session description).',
    ),
  answerTimeoutSeconds: seconds(1, 60)
    .prefault(5)
    .describe('How long the recorder may take to answer before the call counts as not recorded.'),
  checkSeconds: seconds(0, 3600)
    .prefault(10)
    .describe(
      'How often a recorder that says nothing is asked within a recording whether it is still there (OPTIONS); 0 for never.',
    ),
  embedded: embedded.prefault({}).describe('The embedded recorder.'),
});
