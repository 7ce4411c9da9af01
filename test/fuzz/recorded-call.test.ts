import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { buildRtcp, buildRtp } from '../../src/media';
import { until } from '../interop/b2bua/ear';
import { Exchange } from '../interop/hearing/exchange';
import { type Handset, PCMU } from '../interop/hearing/handset';
import { framesGot, range } from '../interop/hearing/judge';
import { RecordedTalk } from '../interop/hearing/recorded-talk';
import { organization, user } from '../policy/settings/support';
import { Dice } from '../support/dice';

const PACKETS = 100_000;
/** So many are on their way at most: any receive buffer holds them. */
const SALVO = 100;
/** What the process may grow by over the last three quarters, in octets: less than if half of them were kept. */
const GROWTH = 24 * 2 ** 20;
/** Level of the log from which on something is wrong. */
const ERROR = 50;

const TYPES = [0, 8, 9, 13, 77, 101, 111];

/** Packets that are whole, cut, wounded, endless, empty, or of another stream; and reports. */
class Fuzz {
  readonly #dice = new Dice(5);

  below(limit: number): number {
    return this.#dice.below(limit);
  }

  next(): Buffer {
    const dice = this.#dice;
    const kind = dice.below(6);
    const whole =
      kind === 0
        ? buildRtcp([
            { kind: 'receiver-report', ssrc: dice.below(3), reports: [] },
            { kind: 'bye', ssrcs: [dice.below(3)] },
          ])
        : buildRtp({
            marker: dice.below(2) === 0,
            payloadType: TYPES[dice.below(TYPES.length)]!,
            sequence: dice.below(65_536),
            timestamp: dice.below(2 ** 31),
            ssrc: dice.below(3),
            payload: Buffer.alloc(160, dice.below(256)),
          });
    if (kind === 1) return whole.subarray(0, dice.below(whole.length + 1));
    const wounds = dice.below(8);
    for (let i = 0; i < wounds; i++) {
      whole[dice.below(kind === 2 ? 14 : whole.length)] = dice.below(256);
    }
    return kind === 3 ? Buffer.concat([whole, Buffer.alloc(dice.below(1_200), 0xa5)]) : whole;
  }
}

const RTP_HEADER = 12;

/** A packet of a stream of its own, a millisecond long: they do not get ahead of their time. */
function word(n: number): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(n, 4);
  const [timestamp, sequence] = [8 * n, n & 0xffff];
  return buildRtp({ marker: n === 0, payloadType: 0, sequence, timestamp, ssrc: 7, payload });
}

/** Resident memory of a process, octets. */
function resident(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return Number(pages) * 4096;
}

describe('a recorded call under fire', () => {
  let exchange: Exchange | undefined;
  let stranger: Socket;

  beforeAll(async () => {
    exchange = await Exchange.open([
      organization({ mode: 'always', announceTrunk: false }),
      user('alice', { numbers: ['100'] }),
    ]);
    stranger = createSocket('udp4');
    stranger.bind(0, '127.0.0.1');
    await once(stranger, 'listening');
  });

  afterAll(async () => {
    stranger.close();
    await exchange?.close();
  });

  it('goes on, and what is said afterwards is heard to the last sample; its recording is finished', async () => {
    const talk = await exchange!.call({ from: '100', to: '900', codec: PCMU });
    const sides: ReadonlyArray<[from: Handset, to: Handset, port: number]> = [
      [talk.caller, talk.callee, talk.ports.caller],
      [talk.callee, talk.caller, talk.ports.callee],
    ];
    const fuzz = new Fuzz();
    let salvos = 0;
    /** Resolves when all of it has been dealt with: a packet that was sent behind it has crossed. */
    const salvo = async (): Promise<void> => {
      salvos += 1;
      const last = word(salvos);
      for (const [from, , port] of sides) {
        for (let n = 0; n < SALVO / 2; n++) {
          const packet = fuzz.next();
          const to = port + (fuzz.below(8) === 0 ? 1 : 0);
          if (fuzz.below(3) === 0) stranger.send(packet, to, '127.0.0.1');
          else from.throwAt(to, packet);
        }
        from.throwAt(port, last);
      }
      await until('a salvo is over', () =>
        sides.every(([, to]) =>
          to.packets.slice(-SALVO).some(({ payload }) => last.subarray(RTP_HEADER).equals(payload)),
        ),
      );
    };
    const volley = async (count: number): Promise<void> => {
      for (let sent = 0; sent < count; sent += SALVO) await salvo();
    };
    // First it is to be known who is who.
    for (const [from, , port] of sides) from.throwAt(port, word(0));
    await until('both are known', () => sides.every(([, to]) => to.packets.length === 1));
    await volley(PACKETS / 4);
    const before = resident(exchange!.product.pid);
    await volley((3 * PACKETS) / 4);
    const growth = resident(exchange!.product.pid) - before;

    const underFire = sides.map(([, to]) => to.packets.length);
    const call = new RecordedTalk(talk);
    await call.goOn();
    await call.end();
    const record = await exchange!.record('100');
    await exchange!.recorded(record.id);
    for (const [i, speaker] of call.speakers.entries()) {
      const all = range(0, speaker.sent.length);
      const heard = framesGot(call.speakers[1 - i]!, speaker).slice(underFire[i]);
      expect(heard).toEqual(all);
      const { strangers, malformed } = record.media[0]![i === 0 ? 'caller' : 'callee'];
      expect(Math.min(strangers, malformed)).toBeGreaterThan(PACKETS / 100);
    }
    expect(record.recordings).toMatchObject([{ recorded: 'fully' }]);
    expect(exchange!.product.log.filter(({ level }) => Number(level) >= ERROR)).toEqual([]);
    expect(growth).toBeLessThan(GROWTH);
  });
});
