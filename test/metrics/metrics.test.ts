import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE, createMetrics, type Metrics } from '../../src/metrics';

/** Samples of our own metrics, as `name{labels}` → value. */
async function samples(metrics: Metrics): Promise<Map<string, number>> {
  const lines = (await metrics.expose())
    .split('\n')
    .filter((line) => line.startsWith('twintrack_'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

const usage = {
  media: {
    lines: 2,
    forks: 4,
    portsInUse: 16,
    portsQuarantined: 8,
    packetsRelayed: 1000,
    packetsForked: 900,
    kernelDrops: 1,
  },
  engine: {
    clientTransactions: 3,
    serverTransactions: 5,
    dialogs: 6,
    connections: 7,
    received: 100,
    sent: 90,
    retransmissionsReceived: 2,
    retransmissionsSent: 1,
    malformed: 4,
    sendFailures: 0,
  },
};

describe('metrics', () => {
  it('count calls by how they ended and who ended them', async () => {
    const metrics = createMetrics({ version: '1.2.3' });
    metrics.callAttempted();
    metrics.callAttempted();
    metrics.callProgressed(120);
    metrics.callAnswered();
    metrics.callEnded({ class: 'answered', by: 'callee', durationMs: 90_000 });
    metrics.callEnded({ class: '5xx', by: 'us', fault: 'PORTS_EXHAUSTED' });
    const seen = await samples(metrics);
    expect(seen.get('twintrack_calls_attempted_total')).toBe(2);
    expect(seen.get('twintrack_calls_answered_total')).toBe(1);
    expect(seen.get('twintrack_calls_ended_total{class="answered",by="callee"}')).toBe(1);
    expect(seen.get('twintrack_calls_ended_total{class="5xx",by="us"}')).toBe(1);
    expect(seen.get('twintrack_call_faults_total{fault="PORTS_EXHAUSTED"}')).toBe(1);
    expect(seen.get('twintrack_call_post_dial_delay_seconds_bucket{le="0.1"}')).toBe(0);
    expect(seen.get('twintrack_call_post_dial_delay_seconds_bucket{le="0.25"}')).toBe(1);
    expect(seen.get('twintrack_call_duration_seconds_sum')).toBe(90);
    expect(seen.get('twintrack_call_duration_seconds_count')).toBe(1);
    expect(seen.get('twintrack_info{version="1.2.3"}')).toBe(1);
  });

  it('count recordings by what became of them, and why', async () => {
    const metrics = createMetrics({ version: '0' });
    metrics.recordingBegan(40);
    metrics.recordingEnded({ recorded: 'fully' });
    metrics.recordingEnded({ recorded: 'not', fault: 'RECORDER_REFUSED' });
    const seen = await samples(metrics);
    expect(seen.get('twintrack_recordings_total{recorded="fully"}')).toBe(1);
    expect(seen.get('twintrack_recordings_total{recorded="not"}')).toBe(1);
    expect(seen.get('twintrack_recording_faults_total{fault="RECORDER_REFUSED"}')).toBe(1);
    expect(seen.get('twintrack_recording_setup_seconds_count')).toBe(1);
  });

  it('read figures of others at each scrape', async () => {
    const metrics = createMetrics({ version: '0' });
    let calls = 3;
    metrics.observe({ calls: () => calls, recordings: () => 2, ready: () => true });
    metrics.observe({
      cdr: () => ({ written: 10, lost: 1 }),
      media: async () => usage.media,
      engine: () => usage.engine,
    });
    await metrics.expose();
    calls = 4;
    const seen = await samples(metrics);
    expect(Object.fromEntries(seen)).toMatchObject({
      twintrack_calls_active: 4,
      twintrack_recordings_active: 2,
      twintrack_ready: 1,
      'twintrack_cdr_records_total{outcome="written"}': 10,
      'twintrack_cdr_records_total{outcome="lost"}': 1,
      twintrack_media_lines: 2,
      twintrack_media_forks: 4,
      'twintrack_media_ports{state="in_use"}': 16,
      'twintrack_media_ports{state="quarantined"}': 8,
      twintrack_media_packets_relayed_total: 1000,
      twintrack_media_packets_forked_total: 900,
      twintrack_media_kernel_drops: 1,
      'twintrack_sip_transactions{role="client"}': 3,
      'twintrack_sip_transactions{role="server"}': 5,
      twintrack_sip_dialogs: 6,
      'twintrack_sip_messages_total{direction="in"}': 100,
      'twintrack_sip_messages_total{direction="out"}': 90,
      'twintrack_sip_retransmissions_total{direction="in"}': 2,
      'twintrack_sip_retransmissions_total{direction="out"}': 1,
      twintrack_sip_malformed_total: 4,
      twintrack_sip_send_failures_total: 0,
      twintrack_sip_connections: 7,
    });
  });

  it('come although a source fails, with its last figures, and the failure counted', async () => {
    const metrics = createMetrics({ version: '0' });
    metrics.observe({ media: async () => usage.media });
    await metrics.expose();
    metrics.observe({
      media: () => Promise.reject(new Error('the worker died')),
      engine: () => {
        throw new Error('no link');
      },
    });
    const seen = await samples(metrics);
    expect(seen.get('twintrack_media_lines')).toBe(2);
    expect(seen.get('twintrack_scrape_errors_total{source="media"}')).toBe(1);
    expect(seen.get('twintrack_scrape_errors_total{source="engine"}')).toBe(1);
  });

  it('come although a source hangs', async () => {
    jest.useFakeTimers();
    try {
      const metrics = createMetrics({ version: '0' });
      metrics.observe({ media: () => new Promise(() => {}) });
      const text = metrics.expose();
      await jest.advanceTimersByTimeAsync(1000);
      expect(await text).toContain('twintrack_scrape_errors_total{source="media"} 1');
    } finally {
      jest.useRealTimers();
    }
  });

  it('of two services in one process do not mix', async () => {
    const [one, other] = [createMetrics({ version: '1' }), createMetrics({ version: '2' })];
    one.callAttempted();
    expect((await samples(other)).get('twintrack_calls_attempted_total')).toBe(0);
  });

  it('have every series from the start, so that their number does not grow', async () => {
    const metrics = createMetrics({ version: '0' });
    metrics.observe({ media: async () => usage.media, engine: () => usage.engine });
    const before = [...(await samples(metrics)).keys()];
    for (const how of ['answered', 'cancelled', '3xx', '4xx', '5xx', '6xx'] as const) {
      metrics.callEnded({ class: how, by: 'caller', durationMs: 1, fault: 'NO_ROUTE' });
    }
    metrics.recordingEnded({ recorded: 'partly', fault: 'RECORDER_VANISHED' });
    for (const status of [200, 206, 302, 404, 503]) metrics.httpAnswered(status);
    expect([...(await samples(metrics)).keys()]).toEqual(before);
    expect(before.length).toBeLessThan(200);
  });

  it('stand beside those of the process', async () => {
    const metrics = createMetrics({ version: '0' });
    const text = await metrics.expose();
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(metrics.contentType).toContain('text/plain');
  });
});

describe('docs/metrics.md', () => {
  const page = readFileSync(join(__dirname, '../../docs/metrics.md'), 'utf8');

  it.each(Object.values(CATALOGUE))('tells $name', ({ name, kind, labels, help }) => {
    const values = Object.entries<readonly string[]>(labels).map(([label, known]) =>
      label === 'fault' ? '`fault`: a code' : `\`${label}\`: ${known.join(', ')}`,
    );
    expect(page).toContain(`| \`${name}\` | ${kind} | ${values.join('; ') || '-'} | ${help} |`);
  });

  it('tells of no metric that is gone', () => {
    const known = new Set<string>(Object.values(CATALOGUE).map(({ name }) => name));
    const told = [...page.matchAll(/\btwintrack_[a-z_]+\b/g)].map(([name]) => name);
    const base = told.map((name) => name.replace(/_bucket$/, ''));
    expect(base.filter((name) => !known.has(name))).toEqual([]);
  });
});
