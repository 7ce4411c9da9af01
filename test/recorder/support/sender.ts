import {
  buildRtcp,
  decodePcmu,
  encodePcmu,
  parseRtcp,
  type RtcpPacket,
  type RtpPacket,
  toNtp,
} from '../../../src/media';
import { randomness } from './signal';

/** What a stream of packets is made of, and what the network does to it. */
export interface Script {
  /** PCM at `sampleRate`, from the sender's time 0. */
  readonly samples: Int16Array;
  readonly encode?: (samples: Int16Array) => Uint8Array;
  readonly payloadType?: number;
  readonly sampleRate?: number;
  readonly clockRate?: number;
  readonly ssrc?: number;
  readonly sequence?: number;
  readonly timestamp?: number;
  /** ms of the sender's time at which the first frame begins; true time is the same at 0. */
  readonly startMs?: number;
  /** How much the sampling clock is fast, in parts per million. */
  readonly skewPpm?: number;
  readonly delayMs?: number;
  /** Largest random delay added. */
  readonly jitterMs?: number;
  /** Share of packets that get lost, sent twice. */
  readonly loss?: number;
  readonly duplicates?: number;
  /** Share of packets that are overtaken by the next two. */
  readonly reordered?: number;
  /** Frames of silence are not sent (sequence goes on, timestamps jump). */
  readonly dtx?: boolean;
  /** Changes a packet, or drops it (undefined), by its index. */
  readonly alter?: (packet: Sent, index: number) => Sent | undefined;
  /** Milliseconds of sender time between sender reports; none without. */
  readonly reportEveryMs?: number;
  readonly cname?: string;
  /** Reports leave from the port of RTP. */
  readonly muxed?: boolean;
  /** Wall-clock time of the sender at its time 0. */
  readonly wallMs?: number;
  readonly seed?: number;
}

export interface Sent {
  readonly packet: RtpPacket;
  /** True time at which it reaches the recorder. */
  readonly arrival: number;
}

export interface SentReport {
  readonly control: readonly RtcpPacket[];
  readonly arrival: number;
}

const FRAME_MS = 20;

/** The packets of a script with their arrivals, in order of arrival. */
export function packetsOf(script: Script): { packets: Sent[]; reports: SentReport[] } {
  const {
    samples,
    encode = encodePcmu,
    payloadType = 0,
    sampleRate = 8000,
    clockRate = 8000,
    ssrc = 0x1234,
    startMs = 0,
    skewPpm = 0,
    delayMs = 5,
    seed = 1,
  } = script;
  const random = randomness(seed);
  const frame = (sampleRate * FRAME_MS) / 1000;
  const ticks = (clockRate * FRAME_MS) / 1000;
  const pace = 1 + skewPpm / 1e6;
  const packets: Sent[] = [];
  let sequence = script.sequence ?? 1000;
  let marker = true;
  for (let index = 0; (index + 1) * frame <= samples.length; index++) {
    const pcm = samples.subarray(index * frame, (index + 1) * frame);
    const payload = Buffer.from(encode(pcm));
    if (script.dtx && pcm.every((sample) => Math.abs(sample) < 60)) {
      marker = true;
      continue;
    }
    const timestamp = ((script.timestamp ?? 5000) + index * ticks) >>> 0;
    const sentAt = startMs + ((index + 1) * FRAME_MS) / pace;
    let arrival = sentAt + delayMs + random() * (script.jitterMs ?? 0);
    if (random() < (script.reordered ?? 0)) arrival += 45;
    const sent: Sent = {
      packet: { marker, payloadType, sequence: sequence & 0xffff, timestamp, ssrc, payload },
      arrival,
    };
    sequence++;
    marker = false;
    if (random() < (script.loss ?? 0)) continue;
    const altered = script.alter ? script.alter(sent, index) : sent;
    if (!altered) continue;
    packets.push(altered);
    if (random() < (script.duplicates ?? 0)) {
      packets.push({ ...altered, arrival: altered.arrival + 3 });
    }
  }
  return {
    packets: packets.sort((a, b) => a.arrival - b.arrival),
    reports: reportsOf(script, { ssrc, startMs, pace, clockRate, delayMs }),
  };
}

function reportsOf(
  script: Script,
  of: { ssrc: number; startMs: number; pace: number; clockRate: number; delayMs: number },
): SentReport[] {
  const { reportEveryMs, cname = 'sender', wallMs = Date.UTC(2026, 0, 15) } = script;
  if (reportEveryMs === undefined) return [];
  const lengthMs = (script.samples.length * 1000) / (script.sampleRate ?? 8000);
  const reports: SentReport[] = [];
  for (let at = 0; at < lengthMs; at += reportEveryMs) {
    const rtpTimestamp =
      ((script.timestamp ?? 5000) + Math.round((at * of.pace * of.clockRate) / 1000)) >>> 0;
    const datagram = buildRtcp([
      {
        kind: 'sender-report',
        ssrc: of.ssrc,
        // Speech at the sender's time `at` of this stream was spoken at true time startMs + at.
        ntp: toNtp(wallMs + of.startMs + at),
        rtpTimestamp,
        packets: 0,
        octets: 0,
        reports: [],
      },
      { kind: 'source-description', sources: [{ ssrc: of.ssrc, cname }] },
    ]);
    reports.push({ control: parseRtcp(datagram), arrival: of.startMs + at + of.delayMs });
  }
  return reports;
}

/** What the law leaves of the samples: the recorder can give back no more. */
export function throughUlaw(samples: Int16Array): Int16Array {
  return decodePcmu(encodePcmu(samples));
}
