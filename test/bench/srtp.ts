/**
 * What SRTP costs a packet: our contexts on each kit, and werift-rtp's where it speaks the suite.
 *
 *     npx tsx test/bench/srtp.ts [--packets 200000] [--rounds 3]
 *
 * 20 ms of G.711. Microseconds a packet, the best of the rounds.
 */
import { parseArgs } from 'node:util';
import { RtpPacket, SrtpSession } from 'werift-rtp';
import { buildRtp } from '../../src/media';
import { newKeys, SEALED_AT, SrtpReceiver, SrtpSender, suiteNamed } from '../../src/media/srtp';
import type { CryptoKit } from '../../src/media/srtp/kit';
import { NativeKit } from '../../src/media/srtp/native-kit';
import { NodeKit } from '../../src/media/srtp/node-kit';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
  },
});
const PACKETS = Number(values.packets);
const ROUNDS = Number(values.rounds);
const SUITES = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
];
const WERIFT: Readonly<Record<string, 1 | 7>> = {
  AES_CM_128_HMAC_SHA1_80: 1,
  AEAD_AES_128_GCM: 7,
};

/** One party's way to seal a packet and to open it again; the packet after is the next in its row. */
interface Subject {
  readonly name: string;
  seal(packet: Buffer): void;
  /** Opens what was sealed last. */
  open(): void;
}

function ours(kit: CryptoKit, suiteName: string): Subject {
  const keys = newKeys(suiteNamed(suiteName)!);
  const sender = new SrtpSender(kit, keys);
  const receiver = new SrtpReceiver(kit, keys);
  let length = 0;
  return {
    name: kit.name,
    seal(packet) {
      length = sender.protectRtp(packet, 0, packet.length);
    },
    open() {
      if (receiver.unprotectRtp(kit.bytes, SEALED_AT, length) < 0) throw new Error('not opened');
    },
  };
}

function werift(suiteName: string): Subject {
  const [master] = newKeys(suiteNamed(suiteName)!).masters;
  const [key, salt] = [Buffer.from(master!.key), Buffer.from(master!.salt)];
  const keys = {
    localMasterKey: key,
    localMasterSalt: salt,
    remoteMasterKey: key,
    remoteMasterSalt: salt,
  };
  const session = new SrtpSession({ keys, profile: WERIFT[suiteName]! });
  let sealed = Buffer.alloc(0);
  return {
    name: 'werift-rtp',
    seal(packet) {
      const { header, payload } = RtpPacket.deSerialize(packet);
      sealed = Buffer.from(session.encrypt(payload, header));
    },
    open() {
      session.decrypt(sealed);
    },
  };
}

interface Cost {
  readonly sealUs: number;
  readonly openUs: number;
}

function measure(subject: Subject, packets: number): Cost {
  const packet = buildRtp({
    marker: false,
    payloadType: 8,
    sequence: 0,
    timestamp: 0,
    ssrc: 1,
    payload: Buffer.alloc(160, 0xd5),
  });
  let seal = 0n;
  let open = 0n;
  for (let i = 0; i < packets; i++) {
    packet.writeUInt16BE(i & 0xffff, 2);
    const start = process.hrtime.bigint();
    subject.seal(packet);
    const between = process.hrtime.bigint();
    subject.open();
    open += process.hrtime.bigint() - between;
    seal += between - start;
  }
  return { sealUs: Number(seal) / 1e3 / packets, openUs: Number(open) / 1e3 / packets };
}

/** What the measuring itself costs, which is in every figure. */
function clockUs(): number {
  const rounds = 100_000;
  const start = process.hrtime.bigint();
  for (let i = 0; i < rounds; i++) process.hrtime.bigint();
  return Number(process.hrtime.bigint() - start) / 1e3 / rounds;
}

const native = new NativeKit();
const node = new NodeKit();
const clock = clockUs();
const rows: Record<string, string>[] = [];
for (const suite of SUITES) {
  const subjects = [ours(native, suite), ours(node, suite)];
  if (WERIFT[suite] !== undefined) subjects.push(werift(suite));
  for (const subject of subjects) {
    measure(subject, PACKETS / 10);
    const rounds = Array.from({ length: ROUNDS }, () =>
      measure(subject, subject.name === 'native' ? PACKETS : PACKETS / 10),
    );
    const best = (of: keyof Cost): string =>
      Math.max(0, Math.min(...rounds.map((one) => one[of])) - clock).toFixed(2);
    rows.push({ suite, by: subject.name, 'seal µs': best('sealUs'), 'open µs': best('openUs') });
  }
}
console.table(rows);
