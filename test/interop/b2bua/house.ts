import { type Clock, type Log, randomIds, SystemClock, silentLog } from '../../../src/core';
import { Engine } from '../../../src/engine';
import { createRelayPlane, createRtpenginePlane, type MediaPlane } from '../../../src/media';
import { type ConfiguredUser, ConfiguredUsers, type RecordingPolicy } from '../../../src/policy';
import {
  type B2bua,
  type CallRecord,
  createB2bua,
  type Recorders,
  type Routing,
} from '../../../src/sip';
import { connectAgent, type SipAgent } from '../../../src/ua';
import { BACKEND } from '../../support/backend';
import { freeRange } from '../../support/ports';
import { Rtpengine } from '../../support/rtpengine';

/** What may move the audio. What calls are does not depend on it. */
export const PLANES = ['relay', 'rtpengine'] as const;
export type PlaneName = (typeof PLANES)[number];

export interface HouseOptions {
  readonly targets: readonly string[];
  readonly users?: readonly ConfiguredUser[];
  /** In place of `users`. */
  readonly policy?: RecordingPolicy;
  readonly recordings?: Recorders;
  /** Recorders that need the agent. */
  readonly recorder?: (agent: SipAgent) => Recorders;
  readonly ringMs?: number;
  readonly setupMs?: number;
  readonly calls?: number;
  readonly redirects?: 'pass' | 'follow';
  readonly rtpTimeoutMs?: number;
  /** Default the relay. */
  readonly plane?: PlaneName;
  readonly routing?: Partial<Routing>;
  /** How the agent reaches the engine. Default in process. */
  readonly link?: 'in-process' | 'tcp';
  readonly random?: () => number;
  /** Stands between the B2BUA and the plane. */
  readonly between?: (plane: MediaPlane) => MediaPlane;
  readonly sessionExpiresS?: number;
  readonly log?: Log;
  /** Of the engine and the B2BUA. Default the system's. */
  readonly clock?: Clock;
}

/** Engine, media plane and B2BUA together, on loopback and on ports of the system's choice. */
export class House {
  readonly records: CallRecord[] = [];

  private constructor(
    readonly engine: Engine,
    readonly agent: SipAgent,
    readonly plane: MediaPlane,
    readonly b2bua: B2bua,
    private readonly stopAdmin: () => Promise<void>,
    private readonly daemon: Rtpengine | undefined,
    records: CallRecord[],
  ) {
    this.records = records;
  }

  static async open(options: HouseOptions): Promise<House> {
    const { log = silentLog, clock = new SystemClock() } = options;
    const engine = await Engine.start({
      listen: [
        { protocol: 'udp', address: '127.0.0.1', port: 0 },
        { protocol: 'tcp', address: '127.0.0.1', port: 0 },
      ],
      secret: 'cymru',
      log,
      clock,
    });
    let stopAdmin = async () => {};
    let link: Parameters<typeof connectAgent>[0] = { kind: 'in-process', ...inProcessOf(engine) };
    if (options.link === 'tcp') {
      const admin = await engine.listenAdmin({ host: '127.0.0.1', port: 0 });
      stopAdmin = () => admin.close();
      link = { kind: 'tcp', host: admin.host, port: admin.port, secret: 'cymru' };
    }
    const agent = await connectAgent(link, { log, userAgent: 'twintrack-test' });
    const daemon = options.plane === 'rtpengine' ? await Rtpengine.start() : undefined;
    const plane = await openPlane(daemon, options, log);
    const records: CallRecord[] = [];
    const loopback = { address: '127.0.0.0', prefix: 8, family: 4 } as const;
    const b2bua = createB2bua({
      agent,
      plane: options.between?.(plane) ?? plane,
      recordings: options.recorder?.(agent) ?? options.recordings,
      policy: options.policy ?? new ConfiguredUsers(options.users ?? []),
      routing: {
        peers: [{ name: 'local', addresses: [loopback] }],
        routes: [
          {
            from: 'any',
            to: /^.*$/,
            targets: options.targets.map((uri) => ({ kind: 'uri', uri })),
            ringMs: options.ringMs ?? 20_000,
            redirects: options.redirects,
          },
        ],
        contacts: [],
        ...options.routing,
      },
      topology: { media: { ipv4: { bind: '127.0.0.1' } } },
      limits: {
        calls: options.calls ?? 1000,
        setupMs: options.setupMs ?? 30_000,
        sessionExpiresS: options.sessionExpiresS,
      },
      log,
      clock,
      ids: randomIds,
      random: options.random,
      onCallEnded: (record) => records.push(record),
    });
    return new House(engine, agent, plane, b2bua, stopAdmin, daemon, records);
  }

  port(protocol: 'udp' | 'tcp'): number {
    return this.engine.addresses.find((address) => address.protocol === protocol)!.port;
  }

  /** Loses the control link, as when the engine's process dies. */
  async cutLink(): Promise<void> {
    await this.stopAdmin();
  }

  /** Waits until nothing of any call is left; says what is when that takes too long. */
  async empty(withinMs = 30_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const left = await this.leftovers();
      if (Object.values(left).every((count) => count === 0)) return;
      if (Date.now() > deadline) throw new Error(`left over: ${JSON.stringify(left)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async leftovers(): Promise<Record<string, number>> {
    const usage = await this.plane.usage();
    return {
      calls: this.b2bua.calls().length,
      lines: usage.lines,
      forks: usage.forks,
      ports: usage.portsInUse,
      dialogs: this.engine.stats().dialogs,
    };
  }

  async close(): Promise<void> {
    await this.b2bua.close();
    await this.agent.close();
    await this.stopAdmin();
    await this.engine.stop(0);
    await this.plane.close();
    await this.daemon?.kill();
  }
}

async function openPlane(
  daemon: Rtpengine | undefined,
  { rtpTimeoutMs = Number.POSITIVE_INFINITY }: HouseOptions,
  log: Log,
): Promise<MediaPlane> {
  if (!daemon) {
    const ports = await freeRange(2_000);
    return createRelayPlane({ ports, quarantineMs: 0, rtpTimeoutMs, backend: BACKEND, log });
  }
  return createRtpenginePlane({
    nodes: [{ host: '127.0.0.1', port: daemon.port }],
    timeoutMs: 5_000,
    pingMs: 1_000,
    lostAfterMs: 60_000,
    rtpTimeoutMs,
    tonesReplaceSpeech: false,
    clock: new SystemClock(),
    ids: randomIds,
    log,
  });
}

function inProcessOf(engine: Engine) {
  const { server, secret, open } = engine.inProcess();
  return { server, secret, open };
}
