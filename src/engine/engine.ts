import {
  type Cancel,
  type Clock,
  type Ids,
  type Log,
  type Millis,
  randomIds,
  SystemClock,
} from '../core';
import { Agent, type AgentStats, type Limits } from './agent';
import { MIN_SE } from './dialog';
import { GuardedClock } from './guarded-clock';
import { Overload, watchOverload } from './overload';
import { DEFAULT_TIMERS, type TimerValues } from './transaction';
import {
  type Address,
  type LocalEnd,
  type Resolver,
  SipTransport,
  type TransportHandlers,
  type TransportStats,
} from './transport';
import { AdminPort, Control, type InProcess, inProcess } from './wire';

export interface EngineOptions {
  /** Where to listen. Port 0 lets the system choose. */
  readonly listen: readonly {
    readonly protocol: 'udp' | 'tcp';
    readonly address: string;
    readonly port: number;
  }[];
  /** What Via and Contact say in place of the bound address: the public one of a NAT in front. */
  readonly externalAddress?: string;
  /** What applications must know. */
  readonly secret: string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** Transaction timers, milliseconds, and the smallest session interval, seconds. */
  readonly timers?: Partial<TimerValues> & { readonly minSe?: number };
  /**
   * How long an application may leave a request without any answer before the caller gets 504.
   * Default 30 s.
   */
  readonly applicationTimeoutMs?: Millis;
  /** User-Agent and Server where the application gives none. */
  readonly userAgent?: string;
  readonly resolver?: Resolver;
  /**
   * Share of the time since it was last asked that this thread was busy, 0..1. With it, new calls are answered
   * 503 while more come than can be served.
   */
  readonly busy?: () => number;
  readonly limits?: {
    /** Server transactions at once, those lingering after their answer included. */
    readonly serverTransactions?: number;
    readonly dialogs?: number;
  };
}

export interface EngineStats extends AgentStats {
  readonly transport: TransportStats;
  /** Timers, messages and frames whose handling threw: bugs, contained. */
  readonly contained: number;
}

/** A call may ring for an hour, and then nobody wants it any more. */
const RINGING_MS: Millis = 3_600_000;
const APPLICATION_MS: Millis = 30_000;

/**
 * The embedded SIP engine: transport, transactions and dialogs of RFC 3261, driven by applications
 * over drachtio-server's control protocol, in this process or over TCP.
 */
export class Engine {
  readonly #transport: SipTransport;
  readonly #agent: Agent;
  readonly #control: Control;
  readonly #clock: GuardedClock;
  readonly #adminPorts = new Set<AdminPort>();
  #ends: readonly LocalEnd[] = [];
  readonly #overload = new Overload();
  #stopWatching: Cancel = () => {};
  #stopping: Promise<void> | undefined;

  private constructor(private readonly options: EngineOptions) {
    const { log, ids = randomIds, secret, resolver } = options;
    const clock = new GuardedClock(options.clock ?? new SystemClock(), (error) => {
      log.error({ err: error }, 'engine threw');
    });
    this.#clock = clock;
    this.#transport = new SipTransport({
      handlers: this.#handlers(),
      clock,
      log,
      ...(resolver ? { resolver } : {}),
    });
    this.#agent = new Agent({
      network: this.#transport,
      clock,
      ids,
      log,
      timers: { ...DEFAULT_TIMERS, ...options.timers },
      limits: limitsOf(options),
      maxServerTransactions: options.limits?.serverTransactions ?? 100_000,
      overloaded: () => this.#overload.is,
      userAgent: options.userAgent,
    });
    this.#control = new Control({
      agent: this.#agent,
      secret,
      clock,
      ids,
      log,
      contain: (action) => clock.contain(action),
      ends: () => this.#ends,
    });
  }

  /** Listens; rejects when one of the places cannot be had. */
  static async start(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    try {
      await engine.#listen();
    } catch (error) {
      await engine.#transport.close();
      throw error;
    }
    return engine;
  }

  /** The ends really bound, in the order asked for. */
  get addresses(): readonly Address[] {
    return this.#ends;
  }

  /** A link for drachtio-srf in this process, without a TCP port. */
  inProcess(): InProcess {
    return inProcess(this.#control);
  }

  /** Opens a TCP port for drachtio applications. Port 0 lets the system choose. */
  async listenAdmin(place: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly host: string; readonly port: number; close(): Promise<void> }> {
    const port = await AdminPort.open(this.#control, this.#clock, place);
    this.#adminPorts.add(port);
    const { address } = port;
    this.options.log.info({ address: address.host, port: address.port }, 'admin port open');
    return {
      ...address,
      close: async () => {
        this.#adminPorts.delete(port);
        await port.close();
      },
    };
  }

  stats(): EngineStats {
    return {
      ...this.#agent.stats(),
      transport: this.#transport.stats(),
      contained: this.#clock.contained,
    };
  }

  /** Every live transaction and dialog with its state, its next deadline and the timer's name. */
  describe(): unknown {
    return this.#agent.describe();
  }

  /**
   * Ends every call, waits up to `graceMs` for what that takes on the network, and closes. Calls that
   * are to end by themselves are waited for before, by who knows them.
   */
  stop(graceMs: Millis = 2_000): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  async #listen(): Promise<void> {
    const { listen, externalAddress, log, busy } = this.options;
    this.#ends = await this.#transport.listen(
      listen.map((binding) =>
        externalAddress ? { ...binding, advertise: { address: externalAddress } } : binding,
      ),
    );
    for (const { protocol, address, port } of this.#ends) {
      log.info({ protocol, address, port }, 'engine listens');
    }
    if (!busy) return;
    const counts = () => this.#agent.transactions.stats();
    this.#stopWatching = watchOverload(
      this.#overload,
      {
        busy,
        repeated: () => counts().retransmissionsReceived,
        refused: () => counts().overload,
      },
      { clock: this.#clock, log },
    );
  }

  async #stop(graceMs: Millis): Promise<void> {
    this.#agent.endAll();
    const deadline = this.#clock.now() + graceMs;
    while (this.#agent.busy && this.#clock.now() < deadline) {
      await new Promise<void>((resolve) => this.#clock.after(20, resolve));
    }
    this.#stopWatching();
    this.#agent.transactions.stop();
    this.#control.closeAll();
    await Promise.all([...this.#adminPorts].map((port) => port.close()));
    await this.#transport.close();
  }

  /** What arrives may be anything; no message may harm the process or the ones after it. */
  #handlers(): TransportHandlers {
    const contained = <Args extends unknown[]>(handle: (...args: Args) => void) => {
      return (...args: Args) => this.#clock.contain(() => handle(...args));
    };
    return {
      onMessage: contained((inbound) => this.#agent.transactions.receive(inbound)),
      onMalformed: contained((malformed) => this.#agent.onMalformed(malformed)),
      onConnectionClosed: contained((_connection, remote) =>
        this.#agent.transactions.connectionClosed(remote),
      ),
    };
  }
}

function limitsOf(options: EngineOptions): Limits {
  return {
    application: options.applicationTimeoutMs ?? APPLICATION_MS,
    ringing: RINGING_MS,
    minSe: options.timers?.minSe ?? MIN_SE,
    legs: options.limits?.dialogs ?? 100_000,
  };
}
