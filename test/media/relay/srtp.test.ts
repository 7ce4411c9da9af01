import { buildRtcp, type MediaLine, parseRtcp } from '../../../src/media';
import {
  loadKit,
  newKeys,
  type SrtpKeys,
  SrtpReceiver,
  SrtpSender,
  SUITES,
  suiteNamed,
} from '../../../src/media/srtp';
import { opened, sealed } from '../srtp/support';
import type { Party } from '../support/party';
import { BACKENDS, heard, Stage } from '../support/plane';

const BIND = { a: '127.0.0.1', b: '127.0.0.1' };
const kit = loadKit();

/** A party's end of SRTP, and what the plane is told of it. */
class Secret {
  readonly ours: SrtpKeys;
  readonly theirs: SrtpKeys;
  readonly sender: SrtpSender;
  readonly receiver: SrtpReceiver;

  constructor(suite = 'AES_CM_128_HMAC_SHA1_80') {
    this.ours = newKeys(suiteNamed(suite)!);
    this.theirs = newKeys(suiteNamed(suite)!);
    this.sender = new SrtpSender(kit, this.theirs);
    this.receiver = new SrtpReceiver(kit, this.ours);
  }

  get session() {
    return { send: this.ours, receive: this.theirs };
  }

  seal(clear: Buffer, kind: 'rtp' | 'rtcp' = 'rtp'): Buffer {
    return sealed(kit, this.sender, clear, kind);
  }

  open(datagram: Buffer, kind: 'rtp' | 'rtcp' = 'rtp'): Buffer | number {
    return opened(kit, this.receiver, datagram, kind);
  }
}

describe.each(BACKENDS)(
  'a fork by SRTP that batches, of a line by SRTP, on the %s backend',
  (backend) => {
    test('gives the recorder all that was said before the gate, sealed, and nothing of what came behind it', async () => {
      const stage = await Stage.open(backend, { batchForks: true });
      try {
        const [caller, callee] = [await stage.party({ ssrc: 1 }), await stage.party({ ssrc: 2 })];
        const recorder = await stage.party();
        const [left, right, kept] = [new Secret(), new Secret('AEAD_AES_256_GCM'), new Secret()];
        const line = await stage.plane.open({
          callId: 'call',
          bind: BIND,
          clockRates: { 0: 8000 },
        });
        line.secure('a', left.session);
        line.secure('b', right.session);
        line.expect('b', callee.endpoint);
        const fork = await line.fork('a', { bind: '127.0.0.1' });
        let said = 0;
        /** So many packets, which no batch is full of. */
        const speak = async (count: number): Promise<Buffer[]> => {
          const packets = Array.from({ length: count }, () => caller.packet());
          for (const packet of packets) {
            caller.rtp.send(left.seal(packet), line.local.a.rtpPort, '127.0.0.1');
          }
          said += count;
          await heard(line, 'a', said);
          return packets;
        };
        const recorded = [...(await speak(3))];
        fork.start(recorder.endpoint, kept.session);
        recorded.push(...(await speak(3)));
        for (let round = 0; round < 3; round++) {
          recorded.push(...(await speak(7)));
          await fork.pause();
          const { packets } = await fork.stats();
          expect(packets).toBe(recorded.length);
          await speak(8);
          expect((await fork.stats()).packets).toBe(packets);
          fork.resume();
        }
        recorded.push(...(await speak(2)));
        expect(await fork.close()).toMatchObject({ packets: recorded.length, sendErrors: 0 });
        const got: Array<Buffer | number> = [];
        while (got.length < recorded.length) got.push(kept.open((await recorder.rtp.next()).bytes));
        expect(got).toEqual(recorded);
        // The one who is spoken to has heard all of it.
        for (let i = 0; i < said; i++) {
          expect(right.open((await callee.rtp.next()).bytes)).toBeInstanceOf(Buffer);
        }
      } finally {
        await stage.close();
      }
    });
  },
);

describe.each(BACKENDS)('a line with SRTP on the %s backend', (backend) => {
  let stage: Stage;
  let line: MediaLine;
  let caller: Party;
  let callee: Party;

  beforeAll(async () => {
    stage = await Stage.open(backend);
  });
  afterAll(() => stage.close());

  beforeEach(async () => {
    caller = await stage.party({ ssrc: 1 });
    callee = await stage.party({ ssrc: 2 });
    line = await stage.plane.open({ callId: 'call', bind: BIND, clockRates: { 0: 8000 } });
    line.expect('a', caller.endpoint);
    line.expect('b', callee.endpoint);
  });
  afterEach(() => line.close());

  const send = (from: Party, bytes: Buffer, side: 'a' | 'b'): void =>
    from.rtp.send(bytes, line.local[side].rtpPort, '127.0.0.1');

  test.each(SUITES)(
    'on one side passes packets to the other in the clear, by $name',
    async ({ name }) => {
      const secret = new Secret(name);
      line.secure('a', secret.session);
      await line.stats();
      for (let i = 0; i < 3; i++) {
        const said = caller.packet();
        send(caller, secret.seal(said), 'a');
        expect((await callee.rtp.next()).bytes).toEqual(said);
        const answered = callee.speak(line.local.b);
        const { bytes } = await caller.rtp.next();
        expect(bytes).not.toEqual(answered);
        expect(secret.open(bytes)).toEqual(answered);
      }
      expect((await line.stats()).a).toMatchObject({ packets: 3, lost: 0, unauthentic: 0 });
    },
  );

  test('on both sides seals for each with its own key', async () => {
    const [left, right] = [new Secret(), new Secret('AEAD_AES_256_GCM')];
    line.secure('a', left.session);
    line.secure('b', right.session);
    await line.stats();
    const said = caller.packet();
    send(caller, left.seal(said), 'a');
    expect(right.open((await callee.rtp.next()).bytes)).toEqual(said);
    const answered = callee.packet();
    send(callee, right.seal(answered), 'b');
    expect(left.open((await caller.rtp.next()).bytes)).toEqual(answered);
  });

  test('passes RTCP as SRTCP', async () => {
    const secret = new Secret();
    line.secure('b', secret.session);
    await line.stats();
    const report = buildRtcp([{ kind: 'receiver-report', ssrc: 1, reports: [] }]);
    caller.rtcp.send(report, line.local.a.rtcpPort, '127.0.0.1');
    expect(secret.open((await callee.rtcp.next()).bytes, 'rtcp')).toEqual(report);
    callee.rtcp.send(secret.seal(report, 'rtcp'), line.local.b.rtcpPort, '127.0.0.1');
    expect((await caller.rtcp.next()).bytes).toEqual(report);
  });

  test('counts what is not authentic and what was there before, and passes neither', async () => {
    const secret = new Secret();
    line.secure('a', secret.session);
    await line.stats();
    const first = caller.packet();
    const datagram = secret.seal(first);
    const changed = Buffer.from(datagram);
    changed[20]! ^= 1;
    send(caller, changed, 'a');
    send(caller, datagram, 'a');
    send(caller, datagram, 'a');
    send(caller, caller.packet(), 'a');
    send(caller, datagram.subarray(0, 15), 'a');
    const last = caller.packet();
    send(caller, secret.seal(last), 'a');
    expect((await callee.rtp.next()).bytes).toEqual(first);
    expect((await callee.rtp.next()).bytes).toEqual(last);
    expect((await line.stats()).a).toMatchObject({ packets: 2, unauthentic: 3, replayed: 1 });
  });

  test('knows what was there before when it is told the same keys again', async () => {
    const secret = new Secret();
    line.secure('a', secret.session);
    await line.stats();
    const datagram = secret.seal(caller.packet());
    send(caller, datagram, 'a');
    await callee.rtp.next();
    line.secure('a', { send: { ...secret.ours }, receive: { ...secret.theirs } });
    await line.stats();
    send(caller, datagram, 'a');
    const next = caller.packet();
    send(caller, secret.seal(next), 'a');
    expect((await callee.rtp.next()).bytes).toEqual(next);
    expect((await line.stats()).a).toMatchObject({ packets: 2, replayed: 1 });
  });

  test('lets nothing pass on a side whose keys are awaited', async () => {
    line.secure('b', 'keys-awaited');
    await line.stats();
    caller.speak(line.local.a);
    callee.speak(line.local.b);
    await heard(line, 'a', 1);
    const secret = new Secret();
    line.secure('b', secret.session);
    await line.stats();
    const said = caller.speak(line.local.a);
    expect(secret.open((await callee.rtp.next()).bytes)).toEqual(said);
    expect((await line.stats()).b.packets).toBe(0);
  });

  test('goes on where a new agreement keeps the keys, and from the next packet where it changes them', async () => {
    const secret = new Secret();
    line.secure('a', secret.session);
    await line.stats();
    const early = secret.seal(caller.packet());
    send(caller, early, 'a');
    await heard(line, 'a', 1);
    line.secure('a', secret.session);
    send(caller, early, 'a');
    const second = caller.packet();
    send(caller, secret.seal(second), 'a');
    await heard(line, 'a', 2);
    const next = new Secret();
    line.secure('a', next.session);
    await line.stats();
    const late = caller.packet();
    send(caller, secret.seal(late), 'a');
    const new1 = caller.packet();
    send(caller, next.seal(new1), 'a');
    await callee.rtp.next();
    for (const expected of [second, late, new1]) {
      expect((await callee.rtp.next()).bytes).toEqual(expected);
    }
    expect((await line.stats()).a).toMatchObject({ packets: 4, replayed: 1, unauthentic: 0 });
    const answered = callee.speak(line.local.b);
    expect(next.open((await caller.rtp.next()).bytes)).toEqual(answered);
  });

  test('is in the clear again when it is told so', async () => {
    line.secure('a', new Secret().session);
    line.secure('a', 'clear');
    await line.stats();
    const said = caller.speak(line.local.a);
    expect((await callee.rtp.next()).bytes).toEqual(said);
  });

  test('gives forks what was opened, which are sealed with keys of their own where they are to be', async () => {
    const [leg, copy] = [new Secret(), new Secret('AES_CM_128_HMAC_SHA1_32')];
    const recorder = await stage.party();
    line.secure('a', leg.session);
    const [plain, secret] = await Promise.all([
      line.fork('a', { bind: '127.0.0.1' }),
      line.fork('a', { bind: '127.0.0.1' }),
    ]);
    const other = await stage.party();
    const kept = caller.packet();
    send(caller, leg.seal(kept), 'a');
    await heard(line, 'a', 1);
    plain.start(other.endpoint);
    secret.start(recorder.endpoint, copy.session);
    await secret.stats();
    const live = caller.packet();
    send(caller, leg.seal(live), 'a');
    for (const expected of [kept, live]) {
      expect((await other.rtp.next()).bytes).toEqual(expected);
      expect(copy.open((await recorder.rtp.next()).bytes)).toEqual(expected);
    }
    const introduction = copy.open((await recorder.rtcp.next()).bytes, 'rtcp') as Buffer;
    expect(parseRtcp(introduction)[0]).toMatchObject({ kind: 'sender-report', ssrc: 1 });
    const block = {
      ssrc: 1,
      fractionLost: 0,
      lost: 7,
      highestSequence: 2,
      jitter: 0,
      lastSr: 0,
      delaySinceLastSr: 0,
    };
    const answer = buildRtcp([{ kind: 'receiver-report', ssrc: 9, reports: [block] }]);
    recorder.rtcp.send(answer, secret.local.rtcpPort, '127.0.0.1');
    recorder.rtcp.send(copy.seal(answer, 'rtcp'), secret.local.rtcpPort, '127.0.0.1');
    for (let i = 0; i < 1_000 && !(await secret.stats()).recorder; i++);
    expect((await secret.stats()).recorder).toMatchObject({ lost: 7 });
  });

  test('seals what is played to a party', async () => {
    const secret = new Secret();
    line.secure('a', secret.session);
    const playback = await line.play('a', {
      kind: 'mix',
      formats: [{ payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1 }],
      sound: { pcm: new Int16Array(3_200).fill(8_000) },
    });
    const clear = secret.open((await caller.rtp.next()).bytes);
    expect(clear).toBeInstanceOf(Buffer);
    expect((clear as Buffer).length).toBe(172);
    await playback.done;
  });
});
