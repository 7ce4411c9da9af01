import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomIds, SystemClock, silentLog } from '../../../src/core';
import {
  correlate,
  decodePcmu,
  parseRtp,
  parseTelephoneEvent,
  type RtpPacket,
  readWav,
} from '../../../src/media';
import { createRecordingClient, metadataOf, parseBody, sdpOf } from '../../../src/siprec';
import type { SipMessage } from '../../../src/ua';
import { freeRange } from '../../support/ports';
import { PRESS_FRAMES, type Press, speechPcap } from '../../support/speech-pcap';
import { until } from './ear';
import { House } from './house';
import { audio, Party } from './party';
import { call, callerSends, expectResponse, pause, scenario, sdp } from './scenario';
import { sipp } from './sipp';

const FRAME = 160;
const SPEECH = readWav(readFileSync(join(__dirname, '../../../assets/speech/alice.wav')))
  .channels[0]!;
/** Long enough that a busy machine has seconds for each command. */
const LONG = Int16Array.of(...SPEECH, ...SPEECH);

/** Keeps every packet of one stream. */
class Keeper {
  readonly packets: RtpPacket[] = [];

  private constructor(private readonly socket: Socket) {
    socket.on('message', (bytes) => {
      const packet = parseRtp(bytes);
      if (packet && packet.payloadType < 64 + 63) this.packets.push(packet);
    });
  }

  static async open(): Promise<Keeper> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Keeper(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Digits whose end was heard, in order. */
  get digits(): string {
    const ends = new Map<number, string>();
    for (const { payloadType, payload, timestamp } of this.packets) {
      const event = payloadType === 101 ? parseTelephoneEvent(payload) : undefined;
      if (event?.end) ends.set(timestamp, event.digit!);
    }
    return [...ends.values()].join('');
  }

  /** Speech on the timeline of the one who sent it, silence where there was none; 8 kHz. */
  speech(length = SPEECH.length): Int16Array {
    const spoken = this.packets.filter(({ payloadType }) => payloadType === 0);
    const samples = new Int16Array(length);
    for (const { timestamp, payload } of spoken)
      samples.set(decodePcmu(payload), timestamp - 16_000);
    return samples;
  }

  /** Numbers that were skipped, or came twice. */
  get gaps(): number {
    return this.packets
      .slice(1)
      .filter(({ sequence }, i) => ((sequence - this.packets[i]!.sequence) & 0xffff) !== 1).length;
  }

  close(): void {
    this.socket.close();
  }
}

/** The keys one after the other from this second on, 200 ms apart. */
function pressed(digits: string, second: number): Press[] {
  return [...digits].map((digit, i) => ({ digit, frame: second * 50 + i * 10 }));
}

/** What is said, without the frames that presses stand in. */
function said(presses: readonly Press[], speech = SPEECH): Int16Array {
  const samples = speech.slice();
  for (const { frame } of presses) samples.fill(0, frame * FRAME, (frame + PRESS_FRAMES) * FRAME);
  return samples;
}

/** What lies between two seconds. */
function between(samples: Int16Array, from: number, to: number): Int16Array {
  return samples.subarray(from * 8000, to * 8000);
}

describe('feature codes dialled by telephone events, from SIPp', () => {
  let bob: Party;
  let recorder: Party;
  let house: House;
  let directory: string;
  const keepers: Keeper[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'twintrack-codes-'));
    [bob, recorder] = await Promise.all([Party.open(), Party.open()]);
  });

  afterEach(async () => {
    await house.close();
    await Promise.all([bob.close(), recorder.close()]);
    for (const keeper of keepers.splice(0)) keeper.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function keeper(): Promise<Keeper> {
    const opened = await Keeper.open();
    keepers.push(opened);
    return opened;
  }

  function parts(message: SipMessage) {
    const parsed = parseBody({ contentType: message.header('content-type') }, message.body);
    if (parsed.kind !== 'parts') throw new Error(parsed.problem);
    return parsed.parts;
  }

  /** Alice (SIPp, recorded) calls Bob, says her speech and presses keys; resolves when she has hung up. */
  async function dialled(
    presses: readonly Press[],
    mode: 'always' | 'always-pause-resume',
    speech = SPEECH,
  ) {
    house = await House.open({
      targets: [bob.place],
      users: [{ aor: 'sip:alice@127.0.0.1', mode }],
      recorder: (agent) => {
        const clock = new SystemClock();
        const client = createRecordingClient({ agent, clock, ids: randomIds, log: silentLog });
        const target = { name: 'srs', uri: `${recorder.place};transport=udp` };
        return { start: (request) => client.record([target], request) };
      },
    });
    const [ear, own, other] = await Promise.all([keeper(), keeper(), keeper()]);
    void recorder.nextCall().then(async (invite) => {
      expect(metadataOf(parts(invite))).toContain('alice');
      const answer = (message: SipMessage) =>
        ['v=0', 'o=srs 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
          .concat(
            [own, other].flatMap(({ port }) => [
              `m=audio ${port} RTP/AVP 0 101`,
              (sdpOf(parts(message)) ?? '').includes('a=inactive') ? 'a=inactive' : 'a=recvonly',
            ]),
          )
          .concat('')
          .join('\r\n');
      const dialog = await invite.accept({
        body: answer(invite),
        headers: { Contact: '<sip:srs@localhost>;+sip.srs' },
      });
      dialog.onReinvite = (request) => void request.respond(200, { body: answer(request) });
      dialog.onUpdate = (request) => void request.respond(200);
    });
    const file = join(directory, 'speech.pcap');
    writeFileSync(file, speechPcap(speech, presses));
    const lines = ['m=audio [media_port] RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/8000'];
    const calling = await sipp({
      to: `127.0.0.1:${house.port('udp')}`,
      // Audio, video, and a port beside each.
      args: ['-mp', String((await freeRange(4)).min)],
      scenario: scenario(
        call({ body: sdp({ lines }) }),
        expectResponse(100, { optional: true }),
        expectResponse(200),
        callerSends('ACK', 1),
        `<nop><action><exec play_pcap_audio="${file}"/></action></nop>`,
        pause(speech.length / 8 + 500),
        callerSends('BYE', 2),
        expectResponse(200),
      ),
    });
    const incoming = await bob.nextCall();
    await incoming.accept({ body: audio('sendrecv', 1, ear.port) });
    const { code, trace } = await calling.done;
    if (code !== 0) throw new Error(`SIPp failed (${code})\n${trace}`);
    await until('the call is over', () => house.records.length === 1);
    return { ear, own, controls: house.records[0]!.controls };
  }

  it('pause and resume; nobody hears them, and nothing that was said is lost to the other party', async () => {
    const presses = [...pressed('*48', 1), ...pressed('*49', 5), ...pressed('5', 9)];
    const { ear, own, controls } = await dialled(presses, 'always-pause-resume', LONG);
    expect(controls.map(({ by, action, result }) => `${by} ${action} ${result}`)).toEqual([
      'dtmf pause done',
      'dtmf resume done',
    ]);
    expect([ear.digits, own.digits]).toEqual(['5', '5']);
    expect(ear.gaps).toBe(0);
    const spoken = said(presses, LONG);
    expect(correlate(spoken, ear.speech(LONG.length), 8000).coefficient).toBeGreaterThan(0.98);
    // In the recording: what was said before and after, and nothing of what was said in the pause.
    const recorded = own.speech(LONG.length);
    for (const [from, to] of [
      [0, 1.4],
      [8.5, 12],
    ] as const) {
      const { coefficient } = correlate(
        between(spoken, from, to),
        between(recorded, from, to),
        8000,
      );
      expect(coefficient).toBeGreaterThan(0.98);
    }
    expect(between(recorded, 4, 5.4).every((sample) => sample === 0)).toBe(true);
  });

  it('that are none reach the other party and the recording, late but whole and in order', async () => {
    const presses = [...pressed('*41', 1), ...pressed('*', 2)];
    const { ear, own, controls } = await dialled(presses, 'always-pause-resume');
    expect(controls).toEqual([]);
    expect([ear.digits, own.digits]).toEqual(['*41*', '*41*']);
    expect([ear.gaps, own.gaps]).toEqual([0, 0]);
    expect(correlate(said(presses), ear.speech(), 8000).coefficient).toBeGreaterThan(0.98);
    expect(correlate(said(presses), own.speech(), 8000).coefficient).toBeGreaterThan(0.98);
  });

  it('are the other party’s where the mode leaves the user no say', async () => {
    const { ear, own, controls } = await dialled(pressed('*48', 1), 'always');
    expect(controls).toEqual([]);
    expect([ear.digits, own.digits]).toEqual(['*48', '*48']);
  });
});
