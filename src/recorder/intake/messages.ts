import type { FaultCode } from '../../core';
import type { Endpoint, PayloadDescription, SrtpSession } from '../../media';

/** What passes between control and the intake's thread. Plain data; times are wall-clock ms. */

/** What the thread is born with. */
export interface IntakeBirth {
  readonly address: string;
  readonly ports: { readonly min: number; readonly max: number };
  /** RFC 3550 §6.5.1, in our receiver reports. */
  readonly cname: string;
}

/** An m-line as it is to be received. */
export interface LineOrder {
  /** Position in the session description. */
  readonly line: number;
  readonly label: string | undefined;
  /** From 0. */
  readonly channel: number;
  readonly active: boolean;
  readonly payloads: readonly PayloadDescription[];
  /** Where signalling says the sender is; undefined when it does not say. */
  readonly remote: Endpoint | undefined;
  /** How it is protected; undefined in the clear. */
  readonly srtp: SrtpSession | undefined;
}

export interface OpenOrder {
  readonly id: string;
  /** Path without ending; the directory is made when missing. */
  readonly path: string;
  readonly rate: number;
  readonly channels: number;
  readonly lines: readonly LineOrder[];
}

/** Where each line is received. */
export type Ports = ReadonlyArray<{ readonly line: number; readonly local: Endpoint }>;

export interface FormatReport {
  readonly name: string;
  readonly clockRate: number;
  readonly kept: 'wav' | 'pcap' | 'none';
  readonly packets: number;
}

/** What came on a line so far. Positions are ms in the audio. */
export interface LineReport {
  readonly line: number;
  readonly label: string | undefined;
  readonly channel: number;
  readonly formats: readonly FormatReport[];
  readonly ssrcs: readonly number[];
  readonly packets: number;
  readonly octets: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly late: number;
  readonly jitterMs: number;
  readonly strangers: number;
  readonly malformed: number;
  readonly unauthentic: number;
  readonly replayed: number;
  readonly whilePaused: number;
  readonly firstPacketAt: number | undefined;
  readonly offsetMs: number | undefined;
  readonly aligned: 'sender-reports' | 'arrival' | undefined;
  readonly slippedMs: number;
  readonly pauses: ReadonlyArray<{ readonly fromMs: number; readonly toMs: number | undefined }>;
  readonly gaps: ReadonlyArray<{
    readonly atMs: number;
    readonly lengthMs: number;
    readonly packets: number;
  }>;
}

export interface TakeReport {
  readonly startedAt: number;
  readonly durationMs: number;
  /** Since the last packet of any line, or since the opening. */
  readonly silentMs: number;
  readonly lines: readonly LineReport[];
  /** There are packets that were not decoded. */
  readonly pcap: boolean;
  readonly failure: string | undefined;
}

export interface FinishedTake extends TakeReport {
  /** Undefined when the file could not be finished. */
  readonly sha256: string | undefined;
}

/** Requests by name, with what they carry and what answers them. */
export interface Requests {
  readonly open: { readonly ask: OpenOrder; readonly answer: Ports };
  /** Lines that are not named any more are closed; new ones are opened. */
  readonly change: {
    readonly ask: { readonly id: string; readonly lines: readonly LineOrder[] };
    readonly answer: Ports;
  };
  readonly report: { readonly ask: { readonly id: string }; readonly answer: TakeReport };
  readonly finish: { readonly ask: { readonly id: string }; readonly answer: FinishedTake };
  /** Closes, and leaves no file behind. */
  readonly discard: { readonly ask: { readonly id: string }; readonly answer: undefined };
}

export type RequestName = keyof Requests;

export type ToIntake = {
  [Name in RequestName]: {
    readonly number: number;
    readonly name: Name;
    readonly body: Requests[Name]['ask'];
  };
}[RequestName];

export type FromIntake =
  | { readonly kind: 'answer'; readonly number: number; readonly body: unknown }
  | {
      readonly kind: 'refusal';
      readonly number: number;
      readonly code: FaultCode;
      readonly detail: string;
    }
  /** Audio is being lost; said once. */
  | { readonly kind: 'failed'; readonly id: string; readonly reason: string }
  /** Something was thrown where nothing should be; what it was busy with is lost, the rest goes on. */
  | { readonly kind: 'bug'; readonly error: string }
  /** Every few seconds for each recording. */
  | { readonly kind: 'progress'; readonly id: string; readonly report: TakeReport };
