/**
 * What is known of a recording: the content of its JSON sidecar, as docs/recorder.md describes it. Times
 * are RFC 3339 in UTC; positions and spans in the audio are milliseconds.
 */
export interface RecordingDocument {
  /** Of this layout. */
  readonly version: 1;
  /** `20261122-140307-9f3a1c2b`: names the day's directory and the files in it. */
  readonly id: string;
  readonly state: RecordingState;
  /** The process died during the recording, and a later one closed it. */
  readonly recovered: boolean;
  /** The instant of the first sample. */
  readonly startedAt: string;
  /** Undefined while it lasts. */
  readonly endedAt?: string;
  readonly durationMs: number;
  /** How it ended; undefined while it lasts. */
  readonly end?: RecordingEnd;
  /** Why audio is missing from the files, in a sentence; with state `failed` only. */
  readonly failure?: string;
  readonly wav: WavFile;
  /** File name of the packets that could not be decoded (pcap); undefined when there are none. */
  readonly pcap?: string;
  readonly sip: SipFacts;
  readonly participants: readonly ParticipantFacts[];
  readonly streams: readonly StreamFacts[];
  readonly pauses: readonly Pause[];
  readonly gaps: readonly Gap[];
  /** Every document received, as received. */
  readonly metadata: readonly MetadataDocument[];
}

export type RecordingState = 'recording' | 'finished' | 'failed';

export interface RecordingEnd {
  /** `client`: its BYE. `recorder`: ours. `lost`: the dialog or the process went away. */
  readonly by: 'client' | 'recorder' | 'lost';
  /** The Reason header, or a sentence of ours. */
  readonly reason?: string;
}

export interface WavFile {
  /** In the directory of the sidecar. */
  readonly file: string;
  /** Samples a second. */
  readonly rate: number;
  /** Interleaved, one for each stream; 16-bit. */
  readonly channels: number;
  /** Of the finished file, hexadecimal. */
  readonly sha256?: string;
}

export interface SipFacts {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly requestUri: string;
  /** `tcp/192.0.2.1:5060`. */
  readonly source: string;
  readonly userAgent?: string;
  /** Other headers that tie the recording to a call: Session-ID, User-to-User, Cisco-Guid ... */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ParticipantFacts {
  /** As the metadata has it. */
  readonly id: string;
  /** Every address of the party, the first one first. */
  readonly aors: readonly string[];
  readonly name?: string;
  /** Of the m-lines that carry what the party says. */
  readonly labels: readonly string[];
  /** Channels (from 1) on which the party is heard. */
  readonly channels: readonly number[];
  readonly joinedAt?: string;
  readonly leftAt?: string;
}

/** One m-line and what came on it. */
export interface StreamFacts {
  /** RFC 4574; undefined when the client gave none. */
  readonly label?: string;
  /** Position of the m-line in the session description, from 0. */
  readonly line: number;
  /** From 1. */
  readonly channel: number;
  /** The channel holds other streams as well. */
  readonly shared: boolean;
  readonly codecs: readonly CodecFacts[];
  /** In order of appearance, hexadecimal. */
  readonly ssrcs: readonly string[];
  readonly packets: number;
  /** RTP payload octets. */
  readonly octets: number;
  /** Expected and never received. */
  readonly lost: number;
  readonly duplicates: number;
  readonly reordered: number;
  /** Received too late to be used. */
  readonly late: number;
  /** RFC 3550 A.8, at the end. */
  readonly jitterMs: number;
  /** Datagrams from another source than the stream's. */
  readonly strangers: number;
  /** Datagrams that were neither RTP nor RTCP. */
  readonly malformed: number;
  /** Packets that SRTP did not find authentic, and that it had had before. */
  readonly unauthentic: number;
  readonly replayed: number;
  /** Packets that came while the stream was inactive, and were not recorded. */
  readonly whilePaused: number;
  readonly firstPacketAt?: string;
  /** Where the first packet's audio begins. */
  readonly offsetMs?: number;
  /** What relates the stream to the others: the sender's reports, or the arrival of packets. */
  readonly alignedBy?: 'sender-reports' | 'arrival';
  /** Corrections of clock drift: milliseconds inserted (positive) or taken out, in all. */
  readonly slippedMs: number;
}

export interface CodecFacts {
  /** As in the rtpmap. */
  readonly name: string;
  readonly clockRate: number;
  readonly packets: number;
  /** `wav`: decoded into the audio. `pcap`: kept as packets. `none`: silence by its nature. */
  readonly kept: 'wav' | 'pcap' | 'none';
}

/** A time during which a stream was inactive. */
export interface Pause {
  readonly channel: number;
  readonly fromMs: number;
  /** Undefined while it lasts. */
  readonly toMs?: number;
}

/** Audio that was sent and did not arrive: silence in the file. */
export interface Gap {
  readonly channel: number;
  readonly atMs: number;
  readonly lengthMs: number;
  readonly packets: number;
}

export interface MetadataDocument {
  readonly receivedAt: string;
  /** The request it came in. */
  readonly method: string;
  readonly document: string;
  /** Why it could not be read; the audio is recorded all the same. */
  readonly problem?: string;
}

/** A recording with its files, as the catalogue shows it. */
export interface Recording extends RecordingDocument {
  /** Absolute path of the WAV file; with `.part` while it lasts. */
  readonly audio: string;
  /** Absolute path of the JSON sidecar. */
  readonly sidecar: string;
}

/** A recording that is over, complete or not. */
export interface FinishedRecording extends Recording {
  readonly state: 'finished' | 'failed';
  readonly endedAt: string;
}
