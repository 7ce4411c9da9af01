import { z } from 'zod';
import { parseHostPort } from '../values';
import { filePath, line, seconds, text } from './fields';

const node = z.strictObject({
  address: text(parseHostPort).describe('Where it takes commands: its listen-ng, over UDP.'),
  weight: z
    .number()
    .min(0.01)
    .max(1000)
    .prefault(1)
    .describe('Its share of the calls, in proportion to the weights of the others.'),
});

export const rtpengine = z.strictObject({
  nodes: z
    .array(node)
    .prefault([])
    .describe('The rtpengines that carry calls; a new one goes where there is least to do.'),
  timeoutSeconds: seconds(0.1, 10)
    .prefault(2)
    .describe('How long an answer is waited for before the node counts as down.'),
  pingSeconds: seconds(0.1, 60)
    .prefault(2)
    .describe('How often each node is asked whether it lives.'),
  lostAfterSeconds: seconds(1, 3600)
    .prefault(15)
    .describe('How long a node may be down before the calls that it carried are ended.'),
  digitsListen: text(parseHostPort)
    .nullable()
    .prefault(null)
    .describe(
      'Where nodes report dialled digits, over UDP: their --dtmf-log-dest; null: feature codes come by INFO only.',
    ),
  tones: z
    .enum(['refuse', 'replace'])
    .prefault('refuse')
    .describe(
      'What becomes of tones, which rtpengine cannot mix into speech: refuse plays none, replace cuts the other party off for as long as each lasts.',
    ),
  soundDirectory: filePath()
    .nullable()
    .prefault(null)
    .describe(
      'Directory that the nodes can read, for what they are to play; null sends it along with the command, which has room for 8 seconds.',
    ),
  soundDirectorySeenAs: line(4096)
    .nullable()
    .prefault(null)
    .describe('The same directory as the nodes name it; null for the same name.'),
});
