import type { FaultCode } from '../../core';
import type {
  DigitListening,
  Endpoint,
  ForkStats,
  LineStats,
  OpenLine,
  PlaneEvent,
  PlaneUsage,
  Played,
  Side,
  WireSecurity,
} from '../plane';
import type { SrtpSession } from '../srtp';
import type { Description } from './line';
import type { PreparedProgram } from './playout/prepared';
import type { Precedence } from './precedence';

/** What control asks of a worker and gets an answer to, by name. */
export interface Requests {
  open: {
    ask: { readonly line: string } & OpenLine;
    answer: Readonly<Record<Side, Endpoint>>;
  };
  fork: {
    ask: {
      readonly line: string;
      readonly fork: string;
      readonly side: Side;
      readonly bind: string;
    };
    answer: Endpoint;
  };
  /** Answered when it is over. */
  play: {
    ask: {
      readonly line: string;
      readonly playback: string;
      readonly side: Side;
      readonly program: PreparedProgram;
    };
    answer: Played;
  };
  pause: { ask: { readonly fork: string }; answer: undefined };
  lineStats: { ask: { readonly line: string }; answer: LineStats };
  forkStats: { ask: { readonly fork: string }; answer: ForkStats };
  closeLine: { ask: { readonly line: string }; answer: LineStats };
  closeFork: { ask: { readonly fork: string }; answer: ForkStats };
  usage: { ask: Record<never, never>; answer: WorkerUsage };
}

export type RequestName = keyof Requests;

export interface WorkerUsage extends Omit<PlaneUsage, 'kernelDrops' | 'workers' | 'nodes'> {
  /** What the worker's collector looks after, in octets. */
  readonly heapOctets: number;
}

/** What a relay knows of itself beyond what every plane does. */
export type RelayUsage = PlaneUsage & WorkerUsage;

/** What control tells a worker without waiting. */
export type Order =
  | {
      readonly kind: 'expect';
      readonly line: string;
      readonly side: Side;
      readonly remote: Endpoint | undefined;
    }
  | ({ readonly kind: 'describe'; readonly line: string } & Description)
  | {
      readonly kind: 'secure';
      readonly line: string;
      readonly side: Side;
      readonly security: WireSecurity;
    }
  | {
      readonly kind: 'start';
      readonly fork: string;
      readonly remote: Endpoint;
      readonly srtp: SrtpSession | undefined;
    }
  | {
      readonly kind: 'digits';
      readonly line: string;
      readonly side: Side;
      readonly listening: DigitListening;
    }
  | { readonly kind: 'take-forks'; readonly line: string; readonly from: string }
  | { readonly kind: 'keep' | 'resume'; readonly fork: string }
  | { readonly kind: 'stop'; readonly line: string; readonly playback: string };

/** A request with its number. */
export type Asked = {
  [Name in RequestName]: {
    readonly kind: 'ask';
    readonly number: number;
    readonly name: Name;
    readonly body: Requests[Name]['ask'];
  };
}[RequestName];

export type ToWorker = Order | Asked | { readonly kind: 'shutdown' };

export type FromWorker =
  | { readonly kind: 'answer'; readonly number: number; readonly body: unknown }
  | {
      readonly kind: 'refusal';
      readonly number: number;
      readonly code: FaultCode;
      readonly detail: string;
    }
  | { readonly kind: 'event'; readonly event: PlaneEvent }
  | Ready
  /** Something threw where nothing may: a packet or an order was lost, the worker goes on. */
  | { readonly kind: 'bug'; readonly error: string }
  /** Signalling named an address that cannot be sent to from where the side is bound. */
  | { readonly kind: 'unreachable'; readonly callId: string; readonly address: string };

/** The worker's loop runs. */
export interface Ready {
  readonly kind: 'ready';
  readonly backend: Backend;
  /** Why it is not the backend wished for. */
  readonly because: string | undefined;
  readonly precedence: Precedence;
}

/** How a worker reaches the network: by rings, by a system call for each datagram, or by Node's own sockets. */
export type Backend = 'io_uring' | 'epoll' | 'dgram';

/** What a worker is born with. */
export interface WorkerBirth {
  readonly backend: Backend | 'auto';
  readonly ports: { readonly min: number; readonly max: number };
  readonly quarantineMs: number;
  readonly rtpTimeoutMs: number;
  readonly rtpHoldTimeoutMs: number;
  readonly forkBufferMs: number;
  /** For all forks of the worker. */
  readonly forkBufferOctets: number;
  readonly batchForks: boolean;
  /** Which of its ports are taken, also by the worker before it; `PortRange.marksFor` them. */
  readonly portMarks?: Uint8Array | undefined;
  /** The memory of its `Lifeline`. */
  readonly lifeline: SharedArrayBuffer;
}
