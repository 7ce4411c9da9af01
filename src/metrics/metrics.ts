import type { FaultCode } from '../core';
import type { PlaneUsage } from '../media';
import type { CallRecord } from '../sip';
import { callClass } from './call-class';
import { CATALOGUE, FAULT_CODES, type SessionEnd } from './catalogue';
import { Instruments, liftTo } from './registry';
import type { EngineUsage, UsageSources } from './usage';

/** A scrape waits no longer than this for a figure: it shows the last one instead. */
const PATIENCE_MS = 1000;

/** What the service counts. */
export interface Metrics {
  /** A call is over: all that is to be counted of it and of its recordings. */
  callEnded(record: CallRecord): void;
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
  const readings = readingInstruments(instruments, calls);
  const http = instruments.counter(CATALOGUE.httpRequests);
  let sources: UsageSources = {};
  return {
    callEnded: calls.ended,
    httpAnswered: (status) => http.inc({ class: `${Math.floor(status / 100)}xx` }),
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

/** What is counted when a call is over, and the totals of it that running calls add to. */
function callInstruments(instruments: Instruments) {
  const ended = instruments.counter(CATALOGUE.callsEnded);
  const callFaults = instruments.counter(CATALOGUE.callFaults);
  const delay = instruments.histogram(CATALOGUE.postDialDelay);
  const duration = instruments.histogram(CATALOGUE.callDuration);
  const recordings = instruments.counter(CATALOGUE.recordings);
  const recordingFaults = instruments.counter(CATALOGUE.recordingFaults);
  const sessions = instruments.counter(CATALOGUE.recorderSessions);
  // The label says what it holds; the recorders themselves are known when they are asked.
  sessions.reset();
  const setup = instruments.histogram(CATALOGUE.recordingSetup);
  const totals = { attempted: 0, answered: 0 };
  return {
    totals,
    ended(record: CallRecord): void {
      const { answeredAt, postDialDelayMs, durationMs, end } = record;
      totals.attempted += 1;
      ended.inc({ class: callClass(record), by: end.by });
      if (end.fault) callFaults.inc({ fault: end.fault });
      if (postDialDelayMs !== undefined) delay.observe(postDialDelayMs / 1000);
      if (answeredAt) {
        totals.answered += 1;
        duration.observe(durationMs / 1000);
      }
      for (const { recorded, fault, startedAt, parts } of record.recordings) {
        recordings.inc({ recorded });
        for (const { recorder, fault: why } of parts) sessions.inc({ recorder, end: endOf(why) });
        if (fault) recordingFaults.inc({ fault });
        if (startedAt && answeredAt) {
          setup.observe(Math.max(0, startedAt.getTime() - answeredAt.getTime()) / 1000);
        }
      }
    },
  };
}

const SESSION_END: Partial<Record<FaultCode, SessionEnd>> = {
  RECORDER_REFUSED: 'refused',
  RECORDER_UNREACHABLE: 'unreachable',
  RECORDER_VANISHED: 'vanished',
};

function endOf(fault: FaultCode | undefined): SessionEnd {
  return fault === undefined ? 'kept' : (SESSION_END[fault] ?? 'other');
}

/** What is read when somebody asks. */
function readingInstruments(
  instruments: Instruments,
  { totals }: { readonly totals: { readonly attempted: number; readonly answered: number } },
) {
  const active = instruments.gauge(CATALOGUE.callsActive);
  const attempted = instruments.counter(CATALOGUE.callsAttempted);
  const answered = instruments.counter(CATALOGUE.callsAnswered);
  const recordings = instruments.gauge(CATALOGUE.recordingsActive);
  const refusals = instruments.counter(CATALOGUE.refusals);
  const ready = instruments.gauge(CATALOGUE.ready);
  const freeswitch = instruments.gauge(CATALOGUE.freeswitch);
  const cdr = instruments.counter(CATALOGUE.cdrRecords);
  const media = mediaInstruments(instruments);
  const engine = engineInstruments(instruments);
  const errors = instruments.counter(CATALOGUE.scrapeErrors);
  return {
    async take(sources: UsageSources): Promise<void> {
      const calls = sources.calls?.() ?? [];
      active.set(calls.length);
      liftTo(attempted, [[{}, totals.attempted + calls.length]]);
      const talking = calls.filter(({ answeredAt }) => answeredAt !== undefined);
      liftTo(answered, [[{}, totals.answered + talking.length]]);
      const running = calls.flatMap((call) => call.recordings.filter(isRunning));
      recordings.set(running.length);
      const refused = sources.refusals?.() ?? {};
      liftTo(
        refusals,
        FAULT_CODES.map((fault) => [{ fault }, refused[fault] ?? 0]),
      );
      ready.set(sources.ready?.() ? 1 : 0);
      freeswitch.set(sources.freeswitch?.() ? 1 : 0);
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

/** States of a recording in which a recorder has accepted it. */
const RUNNING: ReadonlySet<string> = new Set(['active', 'pausing', 'paused', 'ending']);

function isRunning({ state }: { readonly state: string }): boolean {
  return RUNNING.has(state);
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

function mediaInstruments(instruments: Instruments): (usage: PlaneUsage) => void {
  const lines = instruments.gauge(CATALOGUE.mediaLines);
  const forks = instruments.gauge(CATALOGUE.mediaForks);
  const ports = instruments.gauge(CATALOGUE.mediaPorts);
  const relayed = instruments.counter(CATALOGUE.packetsRelayed);
  const forked = instruments.counter(CATALOGUE.packetsForked);
  const drops = instruments.gauge(CATALOGUE.kernelDrops);
  const workers = instruments.gauge(CATALOGUE.workers);
  const workersLost = instruments.counter(CATALOGUE.workersLost);
  const nodeUp = instruments.gauge(CATALOGUE.nodeUp);
  const nodeLines = instruments.gauge(CATALOGUE.nodeLines);
  return (usage) => {
    lines.set(usage.lines);
    forks.set(usage.forks);
    ports.set({ state: 'in_use' }, usage.portsInUse);
    ports.set({ state: 'quarantined' }, usage.portsQuarantined);
    liftTo(relayed, [[{}, usage.packetsRelayed]]);
    liftTo(forked, [[{}, usage.packetsForked]]);
    drops.set(usage.kernelDrops);
    workers.set(usage.workers?.running ?? 0);
    liftTo(workersLost, [[{}, usage.workers?.lost ?? 0]]);
    for (const { name: node, up, lines: carried } of usage.nodes ?? []) {
      nodeUp.set({ node }, up ? 1 : 0);
      nodeLines.set({ node }, carried);
    }
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
  return ({ transactions: live, dialogs: open, transport }) => {
    transactions.set({ role: 'client' }, live.clientsLive);
    transactions.set({ role: 'server' }, live.serversLive);
    dialogs.set(open);
    liftTo(messages, [
      [{ direction: 'in' }, transport.received],
      [{ direction: 'out' }, transport.sent],
    ]);
    liftTo(retransmissions, [
      [{ direction: 'in' }, live.retransmissionsReceived],
      [{ direction: 'out' }, live.retransmissionsSent],
    ]);
    liftTo(malformed, [[{}, transport.malformed]]);
    liftTo(failures, [[{}, transport.sendFailures]]);
    connections.set(transport.connections);
  };
}
