import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Api, createApi } from '../api';
import { type Config, usesEmbeddedRecorder } from '../config';
import { busyShare, type Log, type Millis, randomIds, SystemClock } from '../core';
import type { MediaPlane } from '../media';
import { type CdrWriter, createCdrWriter, createMetrics, type Metrics } from '../metrics';
import { ConfiguredUsers, type RecordingPolicy, type SettingsStore } from '../policy';
import type { Recorder } from '../recorder';
import { type B2bua, createB2bua } from '../sip';
import { createRecordingClient, type RecordingClient } from '../siprec';
import { connectAgent, type SipAgent } from '../ua';
import { type AnnouncementSource, announcementSource } from './announcements';
import { dialPlanOf, routingOf, topologyOf, usersOf } from './house';
import { type MediaService, openMedia } from './media';
import { type RecorderService, startRecorder } from './recorder';
import { recordersFor, recordingTargets } from './recorders';
import { openSettings, settingsPolicy, settingsSource } from './settings';
import { type EmbeddedAgent, embeddedAgent } from './sip';
import { soundsOf } from './sounds';
import { statusSource } from './status';

/** The service, running. */
export interface Twintrack {
  /** Where SIP is listened for, e.g. `udp/127.0.0.1:5060`. */
  readonly sip: readonly string[];
  /** Where the embedded recorder listens; empty without one. */
  readonly recorderSip: readonly string[];
  readonly recorder: Recorder | undefined;
  /** Port of the HTTP side; undefined when it is off. */
  readonly httpPort: number | undefined;
  readonly b2bua: B2bua;
  readonly plane: MediaPlane;
  /** Opens files anew that somebody moved away: logrotate's SIGHUP. */
  reopenFiles(): void;
  /** Takes no new calls, lets running ones end for the configured grace, and closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts every part, lowest first, and stops them in the opposite order.
 * @throws what the first part that cannot start says; the ones before it are stopped again.
 */
export async function startTwintrack(config: Config, { log }: { log: Log }): Promise<Twintrack> {
  const service = new Service(config, log);
  try {
    await service.start();
    return service;
  } catch (error) {
    await service.stop();
    throw error;
  }
}

/** Sessions and datagrams still under way when everything else has stopped get so long. */
const LAST_WORDS_MS: Millis = 500;

class Service implements Twintrack {
  readonly #clock = new SystemClock();
  readonly #metrics: Metrics = createMetrics({ version: version() });
  #settings: SettingsStore | undefined;
  #recorder: RecorderService | undefined;
  #line: EmbeddedAgent | undefined;
  #agent: SipAgent | undefined;
  #media: MediaService | undefined;
  #client: RecordingClient | undefined;
  #announcements: AnnouncementSource | undefined;
  #b2bua: B2bua | undefined;
  #cdr: CdrWriter | undefined;
  #api: Api | undefined;
  /** Why no calls are taken, if so. */
  readonly #reasons = new Set<string>(['starting']);
  #stopped: Promise<void> | undefined;

  constructor(
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  get sip(): readonly string[] {
    return this.#agent?.listening ?? [];
  }

  get recorderSip(): readonly string[] {
    return this.#recorder?.sip ?? [];
  }

  get recorder(): Recorder | undefined {
    return this.#recorder?.recorder;
  }

  get httpPort(): number | undefined {
    return this.#api?.port;
  }

  get b2bua(): B2bua {
    return this.#b2bua!;
  }

  get plane(): MediaPlane {
    return this.#media!.plane;
  }

  async start(): Promise<void> {
    const { config, log } = this;
    this.#settings = await openSettings(config, (trouble) =>
      log.warn({ trouble }, 'settings-stale'),
    );
    if (config.cdr.file !== null) this.#cdr = createCdrWriter({ file: config.cdr.file, log });
    if (usesEmbeddedRecorder(config.recorder)) {
      this.#recorder = await startRecorder(config, { log });
    }
    this.#media = await openMedia(config, { log, clock: this.#clock });
    this.#agent = await this.#connect();
    this.#agent.onLinkLost = (lost) => {
      if (lost) this.#reasons.add('the SIP engine cannot be reached');
      else this.#reasons.delete('the SIP engine cannot be reached');
    };
    this.#announcements = announcementSource(config, {
      agent: this.#agent,
      settings: this.#settings,
      log,
    });
    this.#client = createRecordingClient({
      agent: this.#agent,
      clock: this.#clock,
      ids: randomIds,
      log,
    });
    this.#b2bua = this.#switchboard(this.#agent, this.plane, this.#client);
    this.#observe();
    this.#api = await this.#serveHttp(this.#b2bua);
    this.#reasons.delete('starting');
    log.info({ sip: this.sip, recorder: this.recorderSip, http: this.httpPort }, 'twintrack ready');
  }

  reopenFiles(): void {
    void this.#cdr?.reopen();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#reasons.add('stopping');
    await this.#b2bua?.drain(this.config.shutdown.graceSeconds * 1000);
    await this.#b2bua?.close();
    await this.#client?.close();
    this.#announcements?.close();
    await (this.#line?.close(LAST_WORDS_MS) ?? this.#agent?.close());
    await this.#recorder?.close();
    await this.#media?.plane.close();
    await this.#cdr?.close();
    await this.#api?.close();
    await this.#settings?.close();
  }

  async #connect(): Promise<SipAgent> {
    const { sip } = this.config;
    const { log } = this;
    if (sip.engine.kind === 'drachtio') {
      const { host, port, secret } = sip.engine;
      const link = { kind: 'tcp', host, port, secret: secret?.reveal() ?? '' } as const;
      return connectAgent(link, { log, userAgent: sip.userAgent });
    }
    this.#line = await embeddedAgent({
      listen: sip.listen,
      ...(sip.externalAddress === null ? {} : { externalAddress: sip.externalAddress }),
      applicationTimeoutMs: sip.applicationTimeoutSeconds * 1000,
      timers: { minSe: sip.sessionMinimumSeconds },
      userAgent: sip.userAgent,
      busy: busyShare(),
      log,
    });
    return this.#line.agent;
  }

  #switchboard(agent: SipAgent, plane: MediaPlane, client: RecordingClient): B2bua {
    const { config, log } = this;
    const targets = recordingTargets(config, this.#recorder?.sip, this.#settings);
    return createB2bua({
      agent,
      plane,
      recordings: recordersFor(targets, client, this.#settings, config.media.plane),
      sounds: soundsOf(this.#announcements!.prompts, this.#settings),
      policy: this.#policy(),
      routing: routingOf(config),
      topology: topologyOf(config),
      limits: {
        calls: config.sip.maxCalls,
        setupMs: config.sip.ringTimeoutSeconds * 1000,
        sessionExpiresS: config.sip.sessionExpiresSeconds ?? undefined,
        mediaTimeout: endsSilentCalls(config) ? 'both' : 'never',
      },
      log,
      clock: this.#clock,
      ids: randomIds,
      onCallEnded: (record) => {
        this.#metrics.callEnded(record);
        this.#cdr?.write(record);
      },
    });
  }

  #policy(): RecordingPolicy {
    if (this.#settings) return settingsPolicy(this.config, this.#settings);
    return new ConfiguredUsers(usersOf(this.config), dialPlanOf(this.config));
  }

  #reasonsNow(): readonly string[] {
    return [...this.#reasons, ...(this.#media?.troubles() ?? [])];
  }

  #observe(): void {
    const engine = this.#line?.engine;
    this.#metrics.observe({
      calls: () => this.b2bua.calls(),
      refusals: () => this.b2bua.refusals(),
      ready: () => this.#reasonsNow().length === 0,
      cdr: () => this.#cdr?.usage ?? { written: 0, lost: 0 },
      media: () => this.plane.usage(),
      freeswitch: () => this.#announcements?.connected(),
      ...(engine ? { engine: () => engine.stats() } : {}),
    });
  }

  async #serveHttp(b2bua: B2bua): Promise<Api | undefined> {
    const { http, recorder } = this.config;
    if (http.listen === null) return undefined;
    return createApi({
      host: http.listen.host,
      port: http.listen.port,
      token: http.token?.reveal(),
      source: statusSource({
        b2bua,
        recorder: this.recorder,
        metrics: this.#metrics,
        reasons: () => this.#reasonsNow(),
      }),
      control: (call, user, action) => b2bua.control(call, user, action),
      ...(this.#settings && { settings: settingsSource(this.config, this.#settings) }),
      recordingsDirectory: recorder.embedded.directory,
      log: this.log,
      onAnswered: (status) => this.#metrics.httpAnswered(status),
    });
  }
}

function endsSilentCalls({ media }: Config): boolean {
  return media.rtpTimeoutSeconds !== null || media.rtpHoldTimeoutSeconds !== null;
}

function version(): string {
  const text = readFileSync(join(__dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
