import type { FaultCode, Millis } from '../core';
import { CATALOGUE, type CallClass, type Ender, type Recorded } from './catalogue';
import { Instruments, liftTo } from './registry';
import type { EngineUsage, MediaUsage, UsageSources } from './usage';

/** A scrape waits no longer than this for a figure: it shows the last one instead. */
const PATIENCE_MS = 1000;

/** A call that is over. */
export interface EndedCall {
  readonly class: CallClass;
  readonly by: Ender;
  /** From answer to end; undefined when it was not answered. */
  readonly durationMs?: Millis | undefined;
  /** The failure of ours that ended or refused it. */
  readonly fault?: FaultCode | undefined;
}

/** A recording that is over, or never began. */
export interface EndedRecording {
  readonly recorded: Recorded;
  readonly fault?: FaultCode | undefined;
}

/** What the service counts, in words of calls and recordings. */
export interface Metrics {
  callAttempted(): void;
  /** The first sign of life that the caller was sent: 180, 183 or 200. */
  callProgressed(postDialDelayMs: Millis): void;
  callAnswered(): void;
  callEnded(call: EndedCall): void;
  sourceRefused(): void;
  recordingBegan(setupMs: Millis): void;
  recordingEnded(recording: EndedRecording): void;
  httpAnswered(status: number): void;
  /** Names where figures are read from at each scrape; again with others, to add them. */
  observe(sources: UsageSources): void;
  /** MIME type of what `expose` gives. */
  readonly contentType: string;
  /** The exposition in Prometheus' text format. Never rejects for a source that fails or hangs. */
  expose(): Promise<string>;
}

export function createMetrics(options: { readonly version: string }): Metrics {
  const instruments = new Instruments(options.version);
  const calls = callInstruments(instruments);
  const readings = readingInstruments(instruments);
  let sources: UsageSources = {};
  return {
    ...calls,
    observe(more) {
      sources = { ...sources, ...more };
    },
    contentType: instruments.contentType,
    async expose() {
      await readings.take(sources);
      return instruments.expose();
    },
  };
}

type Counted = Omit<Metrics, 'observe' | 'contentType' | 'expose'>;

/** What is counted as it happens. */
function callInstruments(instruments: Instruments): Counted {
  const attempted = instruments.counter(CATALOGUE.callsAttempted);
  const answered = instruments.counter(CATALOGUE.callsAnswered);
  const ended = instruments.counter(CATALOGUE.callsEnded);
  const callFaults = instruments.counter(CATALOGUE.callFaults);
  const refused = instruments.counter(CATALOGUE.refusedSources);
  const delay = instruments.histogram(CATALOGUE.postDialDelay);
  const duration = instruments.histogram(CATALOGUE.callDuration);
  const recordings = instruments.counter(CATALOGUE.recordings);
  const recordingFaults = instruments.counter(CATALOGUE.recordingFaults);
  const setup = instruments.histogram(CATALOGUE.recordingSetup);
  const http = instruments.counter(CATALOGUE.httpRequests);
  return {
    callAttempted: () => attempted.inc(),
    callProgressed: (ms) => delay.observe(ms / 1000),
    callAnswered: () => answered.inc(),
    callEnded({ class: how, by, durationMs, fault }) {
      ended.inc({ class: how, by });
      if (durationMs !== undefined) duration.observe(durationMs / 1000);
      if (fault) callFaults.inc({ fault });
    },
    sourceRefused: () => refused.inc(),
    recordingBegan: (ms) => setup.observe(ms / 1000),
    recordingEnded({ recorded, fault }) {
      recordings.inc({ recorded });
      if (fault) recordingFaults.inc({ fault });
    },
    httpAnswered: (status) => http.inc({ class: `${Math.floor(status / 100)}xx` }),
  };
}

/** What is read when somebody asks. */
function readingInstruments(instruments: Instruments) {
  const callsActive = instruments.gauge(CATALOGUE.callsActive);
  const recordingsActive = instruments.gauge(CATALOGUE.recordingsActive);
  const ready = instruments.gauge(CATALOGUE.ready);
  const cdr = instruments.counter(CATALOGUE.cdrRecords);
  const media = mediaInstruments(instruments);
  const engine = engineInstruments(instruments);
  const errors = instruments.counter(CATALOGUE.scrapeErrors);
  return {
    async take(sources: UsageSources): Promise<void> {
      callsActive.set(sources.calls?.() ?? 0);
      recordingsActive.set(sources.recordings?.() ?? 0);
      ready.set(sources.ready?.() ? 1 : 0);
      const records = sources.cdr?.();
      if (records) {
        liftTo(cdr, [
          [{ outcome: 'written' }, records.written],
          [{ outcome: 'lost' }, records.lost],
        ]);
      }
      await Promise.all([
        within(sources.media, media, () => errors.inc({ source: 'media' })),
        within(sources.engine, engine, () => errors.inc({ source: 'engine' })),
      ]);
    },
  };
}

/** Reads a source and shows it, unless it fails or takes too long. */
async function within<Usage>(
  read: (() => Usage | Promise<Usage>) | undefined,
  show: (usage: Usage) => void,
  failed: () => void,
): Promise<void> {
  if (!read) return;
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too slow')), PATIENCE_MS);
  });
  try {
    show(await Promise.race([(async () => read())(), patience]));
  } catch {
    failed();
  } finally {
    clearTimeout(timer);
  }
}

function mediaInstruments(instruments: Instruments): (usage: MediaUsage) => void {
  const lines = instruments.gauge(CATALOGUE.mediaLines);
  const forks = instruments.gauge(CATALOGUE.mediaForks);
  const ports = instruments.gauge(CATALOGUE.mediaPorts);
  const relayed = instruments.counter(CATALOGUE.packetsRelayed);
  const forked = instruments.counter(CATALOGUE.packetsForked);
  const drops = instruments.gauge(CATALOGUE.kernelDrops);
  return (usage) => {
    lines.set(usage.lines);
    forks.set(usage.forks);
    ports.set({ state: 'in_use' }, usage.portsInUse);
    ports.set({ state: 'quarantined' }, usage.portsQuarantined);
    liftTo(relayed, [[{}, usage.packetsRelayed]]);
    liftTo(forked, [[{}, usage.packetsForked]]);
    drops.set(usage.kernelDrops);
  };
}

function engineInstruments(instruments: Instruments): (usage: EngineUsage) => void {
  const transactions = instruments.gauge(CATALOGUE.transactions);
  const dialogs = instruments.gauge(CATALOGUE.dialogs);
  const messages = instruments.counter(CATALOGUE.messages);
  const retransmissions = instruments.counter(CATALOGUE.retransmissions);
  const malformed = instruments.counter(CATALOGUE.malformed);
  const failures = instruments.counter(CATALOGUE.sendFailures);
  const connections = instruments.gauge(CATALOGUE.connections);
  return (usage) => {
    transactions.set({ role: 'client' }, usage.clientTransactions);
    transactions.set({ role: 'server' }, usage.serverTransactions);
    dialogs.set(usage.dialogs);
    liftTo(messages, [
      [{ direction: 'in' }, usage.received],
      [{ direction: 'out' }, usage.sent],
    ]);
    liftTo(retransmissions, [
      [{ direction: 'in' }, usage.retransmissionsReceived],
      [{ direction: 'out' }, usage.retransmissionsSent],
    ]);
    liftTo(malformed, [[{}, usage.malformed]]);
    liftTo(failures, [[{}, usage.sendFailures]]);
    connections.set(usage.connections);
  };
}
