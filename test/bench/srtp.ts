/**
 * What SRTP costs a packet: our contexts on each kit, and werift-rtp's where it speaks the suite.
 *
 *     npx tsx test/bench/srtp.ts [--packets 100000] [--rounds 5]
 *
 * 20 ms of G.711. Microseconds of CPU a packet, the least of the rounds: others may be at work beside it.
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
    packets: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
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

/** Both ends of a stream. */
interface Subject {
  readonly name: string;
  seal(packet: Buffer): void;
  /** What was sealed last, to be kept: a copy of ours is in its cost. */
  sealed(): Buffer;
  open(datagram: Buffer): void;
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
    sealed: () => Buffer.from(kit.bytes.subarray(SEALED_AT, SEALED_AT + length)),
    open(datagram) {
      if (receiver.unprotectRtp(datagram, 0, datagram.length) < 0) throw new Error('not opened');
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
    sealed: () => sealed,
    open(datagram) {
      session.decrypt(datagram);
    },
  };
}

const packet = buildRtp({
  marker: false,
  payloadType: 8,
  sequence: 0,
  timestamp: 0,
  ssrc: 1,
  payload: Buffer.alloc(160, 0xd5),
});

/** Microseconds of CPU of a piece of work. */
function cost(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const BATCH = 5_000;

/** What sealing and opening a packet cost, of `packets` that come after those before. */
function measure(subject: Subject, first: number, packets: number): [seal: number, open: number] {
  let [seal, open] = [0, 0];
  for (let from = first; from < first + packets; from += BATCH) {
    const datagrams: Buffer[] = [];
    seal += cost(() => {
      for (let i = from; i < from + BATCH; i++) {
        packet.writeUInt16BE(i & 0xffff, 2);
        subject.seal(packet);
        datagrams.push(subject.sealed());
      }
    });
    open += cost(() => {
      for (const datagram of datagrams) subject.open(datagram);
    });
  }
  return [seal / packets, open / packets];
}

const rows = SUITES.flatMap((suite) => {
  const subjects = [ours(new NativeKit(), suite), ours(new NodeKit(), suite)];
  if (WERIFT[suite] !== undefined) subjects.push(werift(suite));
  return subjects.map((subject) => {
    const rounds = Array.from({ length: ROUNDS + 1 }, (_, round) =>
      measure(subject, round * PACKETS, PACKETS),
    ).slice(1);
    const least = (which: 0 | 1): string => Math.min(...rounds.map((one) => one[which])).toFixed(2);
    return { suite, by: subject.name, 'seal µs': least(0), 'open µs': least(1) };
  });
});
console.table(rows);
