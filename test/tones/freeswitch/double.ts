import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type EmbeddedAgent, embeddedAgent } from '../../../src/app/sip';
import { randomIds, silentLog } from '../../../src/core';
import {
  buildRtp,
  encodeL16,
  encodePcmu,
  type PayloadDescription,
  parseSdp,
  Resampler,
  readWav,
} from '../../../src/media';
import type { IncomingInvite } from '../../../src/ua';

/** What it is told to do otherwise than a FreeSWITCH that is well. */
export interface Whims {
  /** Commands that are never answered: `auth`, `sofia status`, `INVITE`, `connect`, `playback`. */
  mute: Set<string>;
  /** Where outbound event sockets come from. */
  callsBackFrom: string;
  /** Of each stream, the packets that get lost on the way. */
  loses: Set<number>;
  /** Sent before the first packet of a stream that is right. */
  garbage: Buffer[];
  /** Its a=fmtp in answers. */
  fmtp: string | undefined;
}

/** An application that it was asked to run. */
export interface Run {
  readonly application: string;
  readonly argument: string;
  readonly codec: string;
}

const TALK_RATE = 16_000;

/**
 * As much of FreeSWITCH as drachtio-fsmrf sees: the event socket with its password, a SIP profile that answers
 * and connects back, `playback` of WAV and `speak`, into RTP. The form of what it says is that of FreeSWITCH 1.10
 * (git of August 2026), as it was seen on the wire. It sends faster than speech.
 */
export class FreeswitchDouble {
  readonly runs: Run[] = [];
  readonly whims: Whims = {
    mute: new Set(),
    callsBackFrom: '127.0.0.1',
    loses: new Set(),
    garbage: [],
    fmtp: undefined,
  };
  /** Connections to its event socket so far. */
  visits = 0;
  /** INVITEs so far. */
  invites = 0;
  /** Legs that are up. */
  legs = 0;
  /** Of its event socket. */
  readonly port: number;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly line: EmbeddedAgent,
    private readonly options: { secret: string; profile: string; codecs: readonly string[] },
  ) {
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#visit(socket));
    line.agent.onInvite = (invite) => void this.#answer(invite);
  }

  static async start(
    codecs: readonly string[],
    { secret = 'open sesame', profile = 'drachtio_mrf', port = 0 } = {},
  ): Promise<FreeswitchDouble> {
    const line = await embeddedAgent({
      listen: [{ protocol: 'udp', address: '127.0.0.1', port: 0 }],
      userAgent: 'double',
      log: silentLog,
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return new FreeswitchDouble(server, line, { secret, profile, codecs });
  }

  /** On every event socket. */
  say(text: string): void {
    for (const socket of this.#sockets) socket.write(text);
  }

  /** Every event socket breaks. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.drop();
    await Promise.all([closed, this.line.close(0)]);
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket.on('error', () => {});
  }

  #visit(socket: Socket): void {
    this.visits += 1;
    const { secret, profile } = this.options;
    const say = speaker(this.#keep(socket));
    socket.write('Content-Type: auth/request\n\n');
    onCommand(socket, (command) => {
      const [verb = ''] = command.split(' ');
      if (this.whims.mute.has(verb === 'api' ? command.slice(4) : verb)) return;
      switch (verb) {
        case 'auth':
          if (command === `auth ${secret}`) return say.reply('+OK accepted');
          say.reply('-ERR invalid');
          socket.end('Content-Type: text/disconnect-notice\nContent-Length: 0\n\n');
          return;
        case 'api': {
          const { port } = this.line.engine.addresses[0]!;
          const row = `${profile.padStart(25)}\t profile\t sip:mod_sofia@127.0.0.1:${port}\tRUNNING (0)`;
          return say.api(`Name\t Type\t Data\tState\n${'='.repeat(97)}\n${row}\n`);
        }
        default:
          say.reply('+OK event listener enabled json');
      }
    });
  }

  async #answer(invite: IncomingInvite): Promise<void> {
    this.invites += 1;
    if (this.whims.mute.has('INVITE')) return;
    const offer = parseSdp(invite.body);
    const media = offer.ok ? offer.value.media[0] : undefined;
    const payload = media?.payloads.find(({ codec }) => this.options.codecs.includes(codec));
    if (!media || !payload) return invite.reject(488);
    const { payloadType, codec, clockRate, channels } = payload;
    const { fmtp = payload.fmtp } = this.whims;
    const body = [
      'v=0',
      'o=FreeSWITCH 1 2 IN IP4 127.0.0.1',
      's=FreeSWITCH',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio 17358 RTP/AVP ${payloadType}`,
      `a=rtpmap:${payloadType} ${codec}/${clockRate}${channels > 1 ? `/${channels}` : ''}`,
      ...(fmtp === undefined ? [] : [`a=fmtp:${payloadType} ${fmtp}`]),
      'a=ptime:20',
      'a=sendonly',
      '',
    ].join('\r\n');
    const dialog = await invite.accept({ body, headers: { 'Content-Type': 'application/sdp' } });
    this.legs += 1;
    const [host = '', port] = (invite.header('x-esl-outbound') ?? '').split(':');
    const socket = this.#keep(
      connect({ host, port: Number(port), localAddress: this.whims.callsBackFrom }),
    );
    dialog.onEnd = () => {
      this.legs -= 1;
      socket.end('Content-Type: text/disconnect-notice\nContent-Length: 0\n\n');
    };
    const leg = { userAgent: invite.header('user-agent') ?? '', port: media.port, payload };
    this.#serve(socket, leg);
  }

  /** The outbound event socket of one leg. */
  #serve(
    socket: Socket,
    { userAgent, port, payload }: { userAgent: string; port: number; payload: PayloadDescription },
  ): void {
    const id = randomIds.uuid();
    const say = speaker(socket);
    onCommand(socket, (command, headers) => {
      const [verb = ''] = command.split(' ');
      const application = headers.get('execute-app-name') ?? '';
      if (this.whims.mute.has(verb) || this.whims.mute.has(application)) return;
      if (verb === 'connect') {
        say.headers([
          'Event-Name: CHANNEL_DATA',
          `Channel-Unique-ID: ${id}`,
          `Unique-ID: ${id}`,
          `variable_sip_user_agent: ${encodeURIComponent(userAgent)}`,
          'Content-Type: command/reply',
          'Reply-Text: +OK%0A',
          'Socket-Mode: async',
          'Control: full',
        ]);
        return;
      }
      say.reply('+OK');
      if (verb !== 'sendmsg') return;
      const argument = headers.get('execute-app-arg') ?? '';
      this.runs.push({ application, argument, codec: payload.codec });
      const pcm = performed(application, argument);
      void send(pcm ? payloads(pcm, payload) : [], port, payload, this.whims).then(() =>
        say.event({
          'Event-Name': 'CHANNEL_EXECUTE_COMPLETE',
          'Unique-ID': id,
          Application: application,
          'Application-Data': argument,
          'Application-Response': pcm ? 'FILE PLAYED' : 'FILE NOT FOUND',
          'Application-UUID': headers.get('Event-UUID'),
        }),
      );
    });
  }
}

function speaker(socket: Socket) {
  const headers = (lines: readonly string[], body = '') => {
    if (socket.writable) socket.write(`${lines.join('\n')}\n\n${body}`);
  };
  const length = (body: string) => `Content-Length: ${Buffer.byteLength(body)}`;
  return {
    headers,
    reply: (text: string) => headers(['Content-Type: command/reply', `Reply-Text: ${text}`]),
    api: (body: string) => headers(['Content-Type: api/response', length(body)], body),
    event: (fields: Readonly<Record<string, unknown>>) => {
      const body = JSON.stringify(fields);
      headers([length(body), 'Content-Type: text/event-json'], body);
    },
  };
}

function onCommand(
  socket: Socket,
  handle: (command: string, headers: ReadonlyMap<string, string>) => void,
): void {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [command = '', ...lines] = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const pairs = lines.map((line) => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)] as const;
      });
      handle(command, new Map(pairs));
    }
  });
}

/** What is heard of an application, at 16 kHz; undefined where there is no such file. */
function performed(application: string, argument: string): Int16Array | undefined {
  if (application === 'speak') {
    // A hum for each letter, so that a longer text lasts longer.
    const letters = argument.split('|').at(-1)!.length;
    return Int16Array.from({ length: letters * 800 }, (_, n) => 8_000 * Math.sin(n / 8));
  }
  try {
    return readWav(readFileSync(argument)).channels[0];
  } catch {
    return undefined;
  }
}

/** Of 20 ms each; of codecs that have no coder here, each says which frame it is. */
function payloads(pcm: Int16Array, { codec }: PayloadDescription): Buffer[] {
  const frame = TALK_RATE / 50;
  const count = Math.ceil(pcm.length / frame);
  const padded = new Int16Array(count * frame);
  padded.set(pcm);
  const octets =
    codec === 'L16'
      ? encodeL16(padded)
      : codec === 'PCMU'
        ? encodePcmu(new Resampler(TALK_RATE, 8_000).push(padded))
        : undefined;
  const each = Math.floor((octets?.length ?? 0) / count);
  return Array.from({ length: count }, (_, index) =>
    octets
      ? Buffer.from(octets.subarray(index * each, (index + 1) * each))
      : Buffer.from([index >> 8, index & 0xff]),
  );
}

async function send(
  frames: readonly Buffer[],
  port: number,
  { payloadType, clockRate }: PayloadDescription,
  { loses, garbage }: Whims,
): Promise<void> {
  const socket = createSocket('udp4');
  const post = (datagram: Buffer) =>
    new Promise<void>((resolve) => socket.send(datagram, port, '127.0.0.1', () => resolve()));
  for (const datagram of garbage) await post(datagram);
  for (const [index, payload] of frames.entries()) {
    if (loses.has(index)) continue;
    await post(
      buildRtp({
        marker: index === 0,
        payloadType,
        sequence: (65_500 + index) & 0xffff,
        timestamp: (4_294_960_000 + (index * clockRate) / 50) >>> 0,
        ssrc: 7,
        payload,
      }),
    );
  }
  socket.close();
}
