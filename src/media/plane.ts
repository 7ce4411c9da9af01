/**
 * The media plane as call code sees it: lines with two sides, and forks towards a recorder. There is
 * no SIP and no SDP here, and audio never waits for what happens above this interface. Backends: the
 * embedded relay (`relay/`), and servers of their own (`rtpengine/`).
 */
import type { SrtpSession } from './srtp';

/** The two sides of a line: `a` faces the caller, `b` the callee. */
export type Side = 'a' | 'b';

/** A transport address pair. With rtcp-mux (RFC 5761) both ports are the same. */
export interface Endpoint {
  /** IPv4 or IPv6 literal, without brackets. */
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

export interface OpenLine {
  /** The call it belongs to: for logs, and to end everything of a call at once. */
  readonly callId: string;
  /** Local address each side's ports are bound on; the two may differ in family. */
  readonly bind: Readonly<Record<Side, string>>;
  /**
   * What the stream is, so that loss and jitter can be told in time: clock rate in Hz of each
   * payload type. Unknown payload types pass and are counted without jitter.
   */
  readonly clockRates?: Readonly<Record<number, number>>;
  /** On hold, and audio: while `watch` is false, a silence of the timeout for hold is reported. Default false. */
  readonly held?: boolean;
  /** False switches the RTP timeout off (video, T.38, a line on hold). Default true. */
  readonly watch?: boolean;
  /**
   * True for what is not RTP (T.38 over UDPTL) or must pass unread (DTLS): datagrams cross as they
   * are, only counted. Default false: what is neither RTP nor RTCP is dropped.
   */
  readonly opaque?: boolean;
}

/** Counters of one direction of a line or of a fork. */
export interface StreamStats {
  readonly packets: number;
  /** RTP payload and header octets, without UDP and IP. */
  readonly octets: number;
  /** RFC 3550 A.3: expected minus received; may be negative with duplicates. */
  readonly lost: number;
  /** RFC 3550 A.8 interarrival jitter in milliseconds, at the last packet. */
  readonly jitterMs: number;
  /**
   * RFC 3550 §6.4.1, between here and the party, at its last report that answers one of the other party's;
   * undefined before.
   */
  readonly roundTripMs?: number | undefined;
  /** Packets refused because they came from another source than the latched one. */
  readonly strangers: number;
  /** Datagrams that were neither RTP nor RTCP, or too short: dropped on audio lines. */
  readonly malformed: number;
  /** Packets of a leg with SRTP that were not authentic; who sent them is unknown. */
  readonly unauthentic: number;
  /** Packets of a leg with SRTP that had been there before (RFC 3711 §3.3.2). */
  readonly replayed: number;
  /** Monotonic worker time of the first and last packet, in ms; undefined when none came. */
  readonly firstAtMs: number | undefined;
  readonly lastAtMs: number | undefined;
}

/** Counters of a line: what each side has received from its party. */
export type LineStats = Readonly<Record<Side, StreamStats>>;

export interface ForkStats {
  /** Packets and octets sent to the recorder. */
  readonly packets: number;
  readonly octets: number;
  /** Packets that the start buffer could not keep, oldest first. */
  readonly dropped: number;
  /** How many of them for want of memory: too many forks waited for their recorders. */
  readonly crowdedOut: number;
  /** It ended before it was closed, with its line or with what carried that: what came since is missing. */
  readonly cut: boolean;
  readonly sendErrors: number;
  /** The recorder's last RTCP report on this stream; undefined until one came. */
  readonly recorder: RecorderReport | undefined;
}

/** What the recorder says of the stream it gets: RFC 3550 §6.4.1. */
export interface RecorderReport {
  /** Packets it misses since the beginning of the stream. */
  readonly lost: number;
  /** Share missed since its previous report, 0..1. */
  readonly fractionLost: number;
  /** Undefined while the clock rate is unknown. */
  readonly jitterMs: number | undefined;
  /** Undefined until it has answered a sender report of ours. */
  readonly roundTripMs: number | undefined;
}

export type PlaneEvent =
  /** The first packet of a side came, and later ones must come from the same place. */
  | {
      readonly kind: 'latched';
      readonly callId: string;
      readonly lineId: string;
      readonly side: Side;
      readonly from: Endpoint;
    }
  /** A side that is watched received nothing for the configured time. Reported once per silence. */
  | {
      readonly kind: 'rtp-timeout';
      readonly callId: string;
      readonly lineId: string;
      readonly side: Side;
      readonly silentMs: number;
    }
  /** A party has dialled a code that was listened for. Nobody else got any of its digits. */
  | {
      readonly kind: 'code';
      readonly callId: string;
      readonly lineId: string;
      readonly side: Side;
      readonly code: string;
    }
  /** The worker or node that carried them is lost; every line of these calls is gone. */
  | { readonly kind: 'worker-lost'; readonly callIds: readonly string[] };

/** What a payload type of an audio stream is: the part of an rtpmap that says how it sounds. */
export interface StreamFormat {
  /** 0-127. */
  readonly payloadType: number;
  /** Encoding name, without regard to case: `PCMU`, `telephone-event`. */
  readonly codec: string;
  /** Hz of the RTP timestamp. */
  readonly clockRate: number;
  /** 1 unless the rtpmap says more. */
  readonly channels: number;
  /** The a=fmtp parameters as written, where there are any. */
  readonly fmtp?: string | undefined;
}

/** Codes to be found in what a party dials by telephone events (RFC 4733). Tones in speech are not heard. */
export interface DigitListening {
  /** Of `telephone-event`, as the party sends it. */
  readonly formats: ReadonlyArray<Pick<StreamFormat, 'payloadType' | 'clockRate'>>;
  /** Digits, `*` and `#`; at least two a code, and none begins another. Without any, nothing is kept back. */
  readonly codes: readonly string[];
}

/** Sound for the party of one side, and the stream it goes into. */
export interface Program {
  /**
   * `mix`: added to what the other party says, of which nothing is lost; alone when the other party
   * says nothing. `replace`: the other party is held back from this listener while it plays; where
   * another `replace` plays already, it follows when that is over. Telephone events always pass.
   */
  readonly kind: 'mix' | 'replace';
  /**
   * What the listener has agreed to receive, preferred first: the same payload types that the other
   * party may send, for nothing is transcoded. The first that is speech must be one that is spoken
   * here (PCMU, PCMA, G.722, L16) or one that `sound.frames` are in.
   */
  readonly formats: readonly StreamFormat[];
  readonly sound: Sound;
  /** Decibels, on `pcm`. Default 0. */
  readonly gain?: number;
  /** Played again and again, from deadline to deadline, until stopped. Default: once, now. */
  readonly repeat?: {
    readonly everyMs: number;
    /** When the first round begins, from now. Default 0. */
    readonly firstAfterMs?: number;
  };
}

export interface Sound {
  /** 16-bit mono at 16 kHz. May be shared by any number of programs; not to be changed. */
  readonly pcm: Int16Array;
  /**
   * The same in codecs that are not spoken here. Such a codec cannot be mixed: while these play, the
   * other party is held back, whatever the program's kind.
   */
  readonly frames?: readonly EncodedFrames[];
}

/** A sound as RTP payloads, one after the other. */
export interface EncodedFrames {
  readonly codec: string;
  readonly clockRate: number;
  readonly channels: number;
  /** Parameters that say how payloads are packed, as `octet-align=1` of AMR. */
  readonly fmtp?: string | undefined;
  /** Length of each in units of the RTP timestamp. */
  readonly ticks: number;
  readonly payloads: readonly Uint8Array[];
}

/** A program that was taken. */
export interface Playback {
  readonly id: string;
  /** Ends it with the packet that is on its way. Safe when it is over. */
  stop(): void;
  /** What was played, when it is over: played out, stopped, or its line closed. Never rejects. */
  readonly done: Promise<Played>;
}

/** Evidence: a round is there when something of it left for the listener. */
export interface Played {
  readonly rounds: readonly Round[];
}

export interface Round {
  /** Wall clock of the call in ms since 1970, the clock of its recordings. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** False when it was cut short. */
  readonly complete: boolean;
}

/**
 * How the packets of one side are on the wire: as they are; by SRTP, with keys that are not known yet, so that
 * nothing passes; by SRTP with these keys.
 */
export type WireSecurity = 'clear' | 'keys-awaited' | SrtpSession;

/** A pair of ports a side, relayed to each other. */
export interface MediaLine {
  readonly id: string;
  readonly local: Readonly<Record<Side, Endpoint>>;
  /**
   * Where signalling says this side's party receives and sends. Packets go there until the party's
   * first packet shows where it really is (symmetric RTP, RFC 4961); a changed expectation latches anew.
   * Undefined before anything was expected: unknown, nothing is sent before that first packet;
   * after: on hold, nothing is sent. Nor is anything to an address that cannot be (a host name,
   * another family, the line's own ports).
   * Resolves when it holds, or cannot be made to: a party is told where to send to after that. Never
   * rejects.
   */
  expect(side: Side, remote: Endpoint | undefined): Promise<void>;
  /**
   * How one side's packets are on the wire from now on; `clear` before this is said. Whatever it is, the other side,
   * forks and playing deal with plain RTP. Contexts whose keys stay go on.
   */
  secure(side: Side, security: WireSecurity): void;
  /** Says anew what the line carries, after a re-negotiation; what is left out stays as it was. */
  describe(options: Pick<OpenLine, 'clockRates' | 'watch' | 'held' | 'opaque'>): void;
  /**
   * Opens a copy of what `side`'s party sends. It keeps packets from this moment on in a bounded
   * buffer until `start`, so that the recording begins with the first packet after `fork`.
   */
  fork(side: Side, options: { readonly bind: string }): Promise<Fork>;
  /**
   * The copies of what was said on `other`, a line of the same call, are of what is said here from now on. Where that
   * cannot be they end with `other`.
   */
  takeForks(other: MediaLine): void;
  /**
   * Listens for codes that the party of `side` dials, reported by the event `code`; again: for others. Digits that
   * may belong to one are kept from the other party and from forks until they do, which ends them, or do
   * not: then they are sent on, newly timed. Only for audio.
   */
  listenForDigits(side: Side, listening: DigitListening): void;
  /**
   * Plays to the party of `side`, and to nobody else: forks hold what parties send, so that nothing
   * played is ever in a recording. The listener's stream stays one: sequence, timestamp and SSRC go
   * on, and what comes of RTCP fits them. Only for audio in the clear.
   * Throws Fault ANNOUNCEMENT_NOT_POSSIBLE when `formats` cannot be played in.
   */
  play(side: Side, program: Program): Promise<Playback>;
  stats(): Promise<LineStats>;
  /** Ends the line and its forks; the ports go to quarantine. Safe to call twice. */
  close(): Promise<LineStats>;
}

/**
 * One party's stream on its way to the recorder: payload, sequence, timestamps and SSRC as received,
 * with RTCP sender reports of its own (the NTP time of a packet is when it arrived here), from a
 * symmetric port pair that also takes the recorder's RTCP.
 */
export interface Fork {
  readonly id: string;
  readonly local: Endpoint;
  /**
   * Sends the buffered packets, then live ones, by SRTP where a session says so. Again with another remote: moves
   * there.
   */
  start(remote: Endpoint, srtp?: SrtpSession): void;
  /**
   * The recorder is gone. Nothing is sent to it any more, and what arrives from now on is kept, as before the first
   * `start` and within the same bounds, for the recorder that `start` names next: it gets that ahead of live packets, in
   * order and without a gap, with reports that begin anew. Without effect before `start`.
   */
  keep(): void;
  /** Resolves when no packet that arrives from now on can leave. Nothing is buffered while paused. */
  pause(): Promise<void>;
  resume(): void;
  stats(): Promise<ForkStats>;
  close(): Promise<ForkStats>;
}

export interface MediaPlane {
  /** Throws Fault PORTS_EXHAUSTED, MEDIA_WORKER_LOST or MEDIA_NODES_DOWN. */
  open(options: OpenLine): Promise<MediaLine>;
  /** Listens until the returned function is called. */
  onEvent(listener: (event: PlaneEvent) => void): () => void;
  /** Lines, forks, free ports, kernel drops: for metrics. */
  usage(): Promise<PlaneUsage>;
  close(): Promise<void>;
}

export interface PlaneUsage {
  readonly lines: number;
  readonly forks: number;
  readonly portsInUse: number;
  readonly portsQuarantined: number;
  readonly packetsRelayed: number;
  readonly packetsForked: number;
  /** Datagrams the kernel dropped at full receive buffers of the sockets now open, where somebody was to read them. */
  readonly kernelDrops: number;
  /** The threads that carry the lines; undefined where servers of their own do. */
  readonly workers?: WorkersUsage;
  /** The servers that carry the lines; undefined where they are carried in this process. */
  readonly nodes?: readonly NodeUsage[];
}

export interface WorkersUsage {
  readonly running: number;
  /** Died since the start, each with the calls it carried. */
  readonly lost: number;
}

/** One server of a media farm. */
export interface NodeUsage {
  /** `10.0.0.5:2223`. */
  readonly name: string;
  /** It answers, and gets new calls. */
  readonly up: boolean;
  readonly lines: number;
}
