import type { Instant, Millis } from '../../core';
import { fromNtp, type RtcpPacket, type RtpPacket } from '../../media';
import type { SenderClock } from './alignment';
import { type Format, unannounced } from './format';
import type { Source } from './source';

/** What a lane asks of the timeline. */
export interface LaneGround {
  source(ssrc: number): Source;
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

/** Packets of a format that came. */
export interface FormatCount {
  readonly format: Format;
  packets: number;
}

/** One stream of the recording: what came on an m-line, source after source, on one channel. */
export class Lane {
  readonly formatCounts: FormatCount[] = [];
  /** In order of appearance, unsigned. */
  readonly ssrcs: number[] = [];
  /** Packets not recorded because the stream was inactive. */
  whilePaused = 0;
  /** Local time. */
  readonly pauses: Array<{ readonly from: Instant; to: Instant | undefined }> = [];

  #active: boolean;
  #formats: ReadonlyMap<number, Format> = new Map();
  readonly #sources = new Map<number, Source>();
  readonly #past: Source[] = [];
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

  get sources(): readonly Source[] {
    return [...this.#past, ...this.#sources.values()];
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
  understand(formats: ReadonlyMap<number, Format>): void {
    this.#formats = formats;
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
    const source = this.ground.source(ssrc);
    this.#sources.set(ssrc, source);
    if (this.ssrcs.length < 100) this.ssrcs.push(ssrc);
    return source;
  }

  #retire(source: Source): void {
    source.pause(source.lastArrival);
    this.#sources.delete(source.ssrc);
    this.ground.release(source);
    this.#past.push(source);
  }

  #unannounced(payloadType: number): Format {
    const format = unannounced(payloadType);
    this.#formats = new Map([...this.#formats, [payloadType, format]]);
    return format;
  }

  #countFormat(format: Format): void {
    const count = this.formatCounts.find((one) => one.format === format);
    if (count) count.packets++;
    else this.formatCounts.push({ format, packets: 1 });
  }
}

function remember<Value>(map: Map<number, Value>, key: number, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_RUMOURS && oldest !== undefined) map.delete(oldest);
}
