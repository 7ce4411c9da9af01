import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { buildRtcp, buildRtp } from '../../../src/media';
import { organization, user } from '../../policy/settings/support';
import { Exchange } from './exchange';
import { PCMU } from './handset';
import { framesGot, framesIn, range } from './judge';
import { RecordedTalk } from './recorded-talk';

/** How many packets each stranger sends to each port. */
const INTRUSIONS = 100;

/** Somebody who knows where a party sends, and what its stream is. */
class Stranger {
  heard = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('message', () => {
      this.heard += 1;
    });
  }

  static async open(address: string): Promise<Stranger> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new Stranger(socket);
  }

  /** Noise that belongs to the stream `like`, from its next packet on. */
  intrude(port: number, like: { ssrc: number; sequence: number; timestamp: number }): void {
    for (let n = 1; n <= INTRUSIONS; n++) {
      const packet = buildRtp({
        payloadType: 0,
        marker: n === 1,
        ssrc: like.ssrc,
        sequence: (like.sequence + n) & 0xffff,
        timestamp: (like.timestamp + 160 * n) >>> 0,
        payload: Buffer.alloc(160, n),
      });
      this.socket.send(packet, port, '127.0.0.1');
    }
  }

  /** Says that a stream is over. */
  sayBye(port: number, { ssrc }: { ssrc: number }): void {
    const end = [
      { kind: 'receiver-report', ssrc, reports: [] } as const,
      { kind: 'bye', ssrcs: [ssrc] } as const,
    ];
    this.socket.send(buildRtcp(end), port, '127.0.0.1');
  }

  close(): void {
    this.socket.close();
  }
}

describe('strangers who send to the ports of a recorded call', () => {
  let exchange: Exchange | undefined;
  const strangers: Stranger[] = [];

  beforeAll(async () => {
    exchange = await Exchange.open([
      organization({ mode: 'always', announceTrunk: false }),
      user('alice', { numbers: ['100'] }),
    ]);
    // Another port of the parties' host, and another host.
    strangers.push(await Stranger.open('127.0.0.1'), await Stranger.open('127.0.0.2'));
  });

  afterAll(async () => {
    for (const stranger of strangers) stranger.close();
    await exchange?.close();
  });

  it('change nothing that is heard or recorded, get nothing, and are counted', async () => {
    const talk = await exchange!.call({ from: '100', to: '900', codec: PCMU });
    const call = new RecordedTalk(talk);
    const { caller, callee, ports } = talk;
    await call.goOn();
    for (const stranger of strangers) {
      stranger.intrude(ports.caller, callee.packets.at(-1)!);
      stranger.intrude(ports.callee, caller.packets.at(-1)!);
      await call.goOn();
    }
    // From the host of a party it might be the party: a report may come from any port of that.
    strangers[1]!.sayBye(ports.caller + 1, callee.packets.at(-1)!);
    strangers[1]!.sayBye(ports.callee + 1, caller.packets.at(-1)!);
    await call.goOn();
    await call.end();

    for (const [speaker, listener] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      expect(framesGot(listener, speaker)).toEqual(range(0, speaker.sent.length));
      expect(listener.packets.map(({ sequence }) => sequence)).toEqual(
        range(0, speaker.sent.length),
      );
    }
    expect(strangers.map(({ heard }) => heard)).toEqual([0, 0]);
    const { id, media, recordings } = await exchange!.record('100');
    const { channels } = await exchange!.recorded(id);
    for (const [i, speaker] of call.speakers.entries()) {
      expect(framesIn(channels[i]!, speaker)).toEqual(range(0, speaker.sent.length));
      expect(media[0]![i === 0 ? 'caller' : 'callee']).toMatchObject({
        packets: speaker.sent.length,
        lost: 0,
        strangers: strangers.length * INTRUSIONS + 1,
      });
    }
    expect(recordings).toMatchObject([{ recorded: 'fully' }]);
  });
});
