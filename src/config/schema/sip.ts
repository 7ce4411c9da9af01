import { z } from 'zod';
import { parseHost, parseSipListener } from '../values';
import { filePath, line, seconds, secret, text, whole } from './fields';

const drachtioServer = z
  .strictObject({
    host: text(parseHost).describe('Address or name of the drachtio-server.'),
    port: whole(1, 65_535).prefault(9022).describe('Its admin port.'),
    secret: secret('Its admin secret: from the environment, or by secretFile.'),
    secretFile: filePath()
      .nullable()
      .prefault(null)
      .describe('File that holds the admin secret; its last line break is dropped.'),
  })
  .transform((server) => ({ kind: 'drachtio' as const, ...server }));

const embeddedEngine = z.literal('embedded').transform(() => ({ kind: 'embedded' as const }));

export const sip = z.strictObject({
  listen: z
    .array(text(parseSipListener))
    .min(1)
    .prefault(['udp/127.0.0.1:5060', 'tcp/127.0.0.1:5060'])
    .describe(
      'Where SIP is listened for, as udp/ADDRESS:PORT or tcp/ADDRESS:PORT; with a drachtio-server it listens by its own settings.',
    ),
  externalAddress: text(parseHost)
    .nullable()
    .prefault(null)
    .describe(
      'Address that Via and Contact show when peers reach us through NAT; null shows the one listened on.',
    ),
  domains: z
    .array(text(parseHost))
    .prefault([])
    .describe('Names by which callers mean us, on any port: phones are set up with one of them.'),
  engine: z
    .union([embeddedEngine, drachtioServer])
    .prefault('embedded')
    .describe(
      'What speaks SIP for us: embedded, or a drachtio-server, given by its host, port and secret.',
    ),
  maxCalls: whole(1, 100_000)
    .prefault(1000)
    .describe(
      'Calls at a time; further ones are refused with 503 before anything is spent on them.',
    ),
  ringTimeoutSeconds: seconds(1, 600)
    .prefault(180)
    .describe('How long a call may stay unanswered in all, over every target of its route.'),
  // Call logic that waits for somebody else says so after 4 s: less than that would cut calls off.
  applicationTimeoutSeconds: seconds(5, 60)
    .prefault(10)
    .describe(
      'How long the call logic may leave a request without any sign that it works on it before the engine answers 504 by itself; a callee that is slow to answer does not count.',
    ),
  sessionExpiresSeconds: whole(90, 86_400)
    .nullable()
    .prefault(1800)
    .describe(
      'Session timer (RFC 4028) asked for on both legs, so that a call whose peer vanished ends; null asks for none.',
    ),
  sessionMinimumSeconds: whole(90, 86_400)
    .prefault(90)
    .describe(
      'Shortest session timer (RFC 4028) a peer may ask for; a shorter one is answered 422.',
    ),
  userAgent: line(64).prefault('Twintrack').describe('What User-Agent and Server headers say.'),
});
