import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { parseCodec, parsed, parseHost, refused } from '../values';
import { filePath, line, seconds, secret, text, whole } from './fields';

/** drachtio-fsmrf writes the address into a header as `address:port`, without brackets. */
const ipv4 = (written: string) =>
  isIPv4(written) ? parsed(written) : refused(`wants an IPv4 address, got "${written}"`);

const freeswitch = z.strictObject({
  address: text(parseHost)
    .nullable()
    .prefault(null)
    .describe('Address or name of the FreeSWITCH that announcements come from.'),
  port: whole(1, 65_535).prefault(8021).describe('TCP port of its event socket.'),
  secret: secret('Password of its event socket: from the environment, or by secretFile.'),
  secretFile: filePath()
    .nullable()
    .prefault(null)
    .describe('File that holds the password; its last line break is dropped.'),
  profile: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'wants the name of a SIP profile: letters, digits, - and _')
    .prefault('drachtio_mrf')
    .describe('Its SIP profile that takes our calls.'),
  listenAddress: text(ipv4)
    .prefault('127.0.0.1')
    .describe('Address of this machine that it connects and sends RTP to.'),
  listenPort: whole(0, 65_535)
    .prefault(0)
    .describe('TCP port that it connects to; 0 lets the system choose.'),
  codecs: z
    .array(text(parseCodec))
    .max(32)
    .prefault([])
    .describe(
      'Codecs in which prompts and tone are made as soon as it is there, as [G729, AMR octet-align=1]; in others they are made when first needed. Those that are spoken here need none.',
    ),
  directory: filePath()
    .prefault('./data/announcements')
    .describe('Where sounds are put for it to play.'),
  directoryThere: line(1024)
    .nullable()
    .prefault(null)
    .describe('The same directory by the path that it has there; null: by the same.'),
  ttsEngine: z
    .string()
    .regex(/^\w{1,64}$/, 'wants the name of a speech engine')
    .prefault('flite')
    .describe('What it speaks texts with.'),
  voice: z
    .string()
    .regex(/^[\w.-]{1,64}$/, 'wants the name of a voice')
    .prefault('kal')
    .describe('The voice that it speaks with.'),
  waitSeconds: seconds(0, 30)
    .prefault(5)
    .describe(
      'How long an announcement may be put off for a sound that is not made yet; the call goes on meanwhile.',
    ),
});

export const announcements = z.strictObject({
  source: z
    .enum(['embedded', 'freeswitch'])
    .prefault('embedded')
    .describe(
      'Whence prompts come: embedded, or freeswitch, for texts and for codecs that are not spoken here.',
    ),
  freeswitch: freeswitch.prefault({}).describe('The FreeSWITCH, where the source is that.'),
});
