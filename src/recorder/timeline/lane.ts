import type { Instant, Millis } from '../../core';
import { fromNtp, type PayloadDescription, type RtcpPacket, type RtpPacket } from '../../media';
import type { SenderClock } from './alignment';
import { type Format, formatOf, unannounced } from './format';
import { GapLog } from './gap-log';
import type { Source } from './source';
import { Tally } from './tally';

/** What a lane asks of the timeline. */
export interface LaneGround {
  source(ssrc: number, gaps: GapLog): Source;
  release(source: Source): void;
  clockOf(cname: string | undefined): SenderClock;
}

interface SenderReport {
  readonly wallMs: Millis;
  readonly timestamp: number;
  readonly at: Instant;
}

/** Sources that follow one another on a lane; the one silent for longest makes room. */
const MAX_SOURCES = 4;
/** Reports and names kept of sources that have not sent yet. */
const MAX_RUMOURS = 8;

/** Meanings of payload types remembered; more mean that somebody is playing. */
const MAX_FORMATS = 256;
/** SSRCs told of. */
const MAX_SSRCS = 100;

/** Packets of a format that came. */
export interface FormatCount {
  readonly format: Format;
  packets: number;
}

/** One stream of the recording: what came on an m-line, source after source, on one channel. */
export class Lane {
  readonly formatCounts: FormatCount[] = [];
  readonly gaps = new GapLog();
  /** Sources so far. */
  opened = 0;
  /** In order of appearance, unsigned. */
  readonly ssrcs: number[] = [];
  /** Packets not recorded because the stream was inactive. */
  whilePaused = 0;
  /** Local time. */
  readonly pauses: Array<{ readonly from: Instant; to: Instant | undefined }> = [];

  #active: boolean;
  /** By payload type. */
  #formats = new Map<number, Format>();
  /** By codec, clock rate and channels: a format that is offered again is the same. */
  readonly #known = new Map<string, Format>();
  readonly #sources = new Map<number, Source>();
  /** Of the sources that have made room. */
  readonly #past = new Tally();
  #eldest: Source | undefined;
  #current: Source | undefined;
  readonly #reports = new Map<number, SenderReport>();
  readonly #cnames = new Map<number, string>();
  #lastReport: { readonly ssrc: number; readonly ntp: bigint; readonly at: Instant } | undefined;

  constructor(
    /** From 0. */
    readonly channel: number,
    active: boolean,
    now: Instant,
    private readonly ground: LaneGround,
  ) {
    this.#active = active;
    if (!active) this.pauses.push({ from: now, to: undefined });
  }

  /** Sources that may still send. */
  get sources(): readonly Source[] {
    return [...this.#sources.values()];
  }

  /** The first source. */
  get eldest(): Source | undefined {
    return this.#eldest;
  }

  /** What came in all. */
  get tally(): Tally {
    const tally = new Tally(this.#past);
    for (const source of this.#sources.values()) tally.add(source);
    return tally;
  }

  /** The source that was heard last. */
  get current(): Source | undefined {
    return this.#current;
  }

  /** The last sender report, for the answer to it (RFC 3550 §6.4.1, LSR and DLSR). */
  get lastReport() {
    return this.#lastReport;
  }

  /** What the payload types mean from now on. */
  understand(payloads: readonly PayloadDescription[]): void {
    this.#formats = new Map(
      payloads.map((payload) => [payload.payloadType, this.#formatOf(payload)]),
    );
  }

  /** The channel has been moved in the audio. */
  move(frames: number): void {
    this.gaps.move(frames);
    for (const source of this.#sources.values()) source.strip.move(frames);
  }

  setActive(active: boolean, now: Instant): void {
    if (active === this.#active) return;
    this.#active = active;
    if (active) {
      const pause = this.pauses.at(-1);
      if (pause) pause.to = now;
    } else {
      this.pauses.push({ from: now, to: undefined });
      for (const source of this.#sources.values()) source.pause(now);
    }
  }

  /** Takes a packet; gives its format when its payload is to be kept as it is. */
  receive(packet: RtpPacket, arrival: Instant): Format | undefined {
    if (!this.#active) {
      this.whilePaused++;
      return undefined;
    }
    const format = this.#formats.get(packet.payloadType) ?? this.#unannounced(packet.payloadType);
    this.#countFormat(format);
    const source = this.#sources.get(packet.ssrc) ?? this.#open(packet.ssrc);
    const isNew = source.firstArrival === undefined;
    source.receive(packet.sequence, packet.timestamp, format, packet.payload, arrival);
    this.#current = source;
    if (isNew) this.#recallReport(source);
    return format;
  }

  /** Takes the packets of an RTCP datagram. */
  receiveControl(packets: readonly RtcpPacket[], arrival: Instant): void {
    // The CNAME that says whose clock a report tells stands behind the report.
    for (const packet of packets) {
      if (packet.kind !== 'source-description') continue;
      for (const { ssrc, cname } of packet.sources) {
        if (cname !== undefined) remember(this.#cnames, ssrc, cname);
      }
    }
    for (const packet of packets) {
      if (packet.kind !== 'sender-report') continue;
      const report = { wallMs: fromNtp(packet.ntp), timestamp: packet.rtpTimestamp, at: arrival };
      this.#lastReport = { ssrc: packet.ssrc, ntp: packet.ntp, at: arrival };
      const source = this.#sources.get(packet.ssrc);
      if (source) this.#report(source, report);
      else remember(this.#reports, packet.ssrc, report);
    }
  }

  tick(now: Instant): void {
    for (const source of this.#sources.values()) source.tick(now);
  }

  finish(now: Instant): void {
    for (const source of this.#sources.values()) source.pause(now);
    const pause = this.pauses.at(-1);
    if (pause && pause.to === undefined) pause.to = now;
  }

  #report(source: Source, { wallMs, timestamp, at }: SenderReport): void {
    source.report(wallMs, timestamp, this.ground.clockOf(this.#cnames.get(source.ssrc)), at);
  }

  #recallReport(source: Source): void {
    const report = this.#reports.get(source.ssrc);
    if (report) this.#report(source, report);
    this.#reports.delete(source.ssrc);
  }

  #open(ssrc: number): Source {
    if (this.#sources.size >= MAX_SOURCES) {
      const [idle] = [...this.#sources.values()].sort((a, b) => a.lastArrival - b.lastArrival);
      if (idle) this.#retire(idle);
    }
    const source = this.ground.source(ssrc, this.gaps);
    this.#sources.set(ssrc, source);
    this.#eldest ??= source;
    this.opened++;
    if (this.ssrcs.length < MAX_SSRCS) this.ssrcs.push(ssrc);
    return source;
  }

  #retire(source: Source): void {
    source.pause(source.lastArrival);
    this.#sources.delete(source.ssrc);
    this.ground.release(source);
    this.#past.add(source);
  }

  #unannounced(payloadType: number): Format {
    const format = unannounced(payloadType);
    this.#formats.set(payloadType, format);
    return format;
  }

  #formatOf(payload: PayloadDescription): Format {
    const key = `${payload.codec}/${payload.clockRate}/${payload.channels}`.toUpperCase();
    const known = this.#known.get(key);
    if (known) return known;
    const format = formatOf(payload);
    if (this.#known.size < MAX_FORMATS) this.#known.set(key, format);
    return format;
  }

  #countFormat(format: Format): void {
    const count = this.formatCounts.find((one) => one.format === format);
    if (count) count.packets++;
    else if (this.formatCounts.length < MAX_FORMATS) this.formatCounts.push({ format, packets: 1 });
  }
}

function remember<Value>(map: Map<number, Value>, key: number, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_RUMOURS && oldest !== undefined) map.delete(oldest);
}
