import { z } from 'zod';
import { parseAddress, parseAddress6, parsePortRange } from '../values';
import { seconds, text, whole } from './fields';
import { rtpengine } from './rtpengine';

export const media = z.strictObject({
  plane: z
    .enum(['relay', 'rtpengine'])
    .prefault('relay')
    .describe('What moves RTP: the relay in this process, or rtpengine, on one machine or many.'),
  address: text(parseAddress)
    .prefault('127.0.0.1')
    .describe('Address of this machine on which RTP is received and sent.'),
  address6: text(parseAddress6)
    .nullable()
    .prefault(null)
    .describe('IPv6 address for parties that offer IPv6; null refuses their media.'),
  externalAddress: text(parseAddress)
    .nullable()
    .prefault(null)
    .describe('Address written into SDP instead of media.address when we stand behind NAT.'),
  ports: text(parsePortRange)
    .prefault('20000-29999')
    .describe(
      'UDP ports for RTP and RTCP, from an even to an odd one: a recorded call needs 8, any other 4.',
    ),
  quarantineSeconds: seconds(0, 300)
    .prefault(10)
    .describe(
      "How long a closed call's ports rest, so that no call hears another's audio; down to 1 s when no others are left.",
    ),
  rtpTimeoutSeconds: seconds(1, 86_400)
    .nullable()
    .prefault(60)
    .describe('Silence on the network after which a call is ended as dead; null never ends one.'),
  rtpHoldTimeoutSeconds: seconds(1, 86_400)
    .nullable()
    .prefault(null)
    .describe('The same for a call on hold; null never ends one.'),
  forkBufferSeconds: seconds(0, 30)
    .prefault(12)
    .describe(
      'Audio kept until a recorder has answered, from the answer of the call, and while one recorder follows another: no word is lost.',
    ),
  forkBufferMegabytes: whole(1, 2047)
    .prefault(256)
    .describe(
      'Memory for the audio kept of all calls together, an equal share for each worker; when it is full, the recorder that is waited for longest loses its oldest.',
    ),
  batchForks: z
    .boolean()
    .prefault(true)
    .describe(
      'Sends audio to recorders five packets at a time where the system can: a fifth less CPU, and up to 80 ms later. The call itself never waits. false: each packet as it comes.',
    ),
  workers: whole(1, 64)
    .nullable()
    .prefault(null)
    .describe(
      'Threads that move RTP, each with a share of the calls and of the ports; null: one for each core but one.',
    ),
  backend: z
    .enum(['auto', 'io_uring', 'epoll', 'dgram'])
    .prefault('auto')
    .describe(
      'How RTP is moved: io_uring (many datagrams to a system call, Linux 6.1), epoll (direct system calls, Linux), dgram (Node sockets, anywhere), or auto for the first of them that works.',
    ),
  rtpengine: rtpengine.prefault({}).describe('The rtpengines of media.plane: rtpengine.'),
});
