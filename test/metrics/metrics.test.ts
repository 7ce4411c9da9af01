import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE, createMetrics, type Metrics } from '../../src/metrics';
import type { CallRecord, RecordingPartRecord, RecordingRecord } from '../../src/sip';

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
    workers: { running: 2, lost: 3 },
  },
  engine: {
    transactions: {
      clientsLive: 3,
      serversLive: 5,
      retransmissionsReceived: 2,
      retransmissionsSent: 1,
    },
    dialogs: 6,
    transport: { connections: 7, received: 100, sent: 90, malformed: 4, sendFailures: 0 },
  },
};

const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 15, 14, 0, seconds));

const party = { peer: 'pbx', uri: 'sip:a@b', displayName: undefined, asserted: [] };

/** A call of 90 seconds that the callee ended, unless told otherwise. */
function aRecord(more: Partial<CallRecord> = {}): CallRecord {
  return {
    id: 'c1',
    callId: 'x@y',
    caller: party,
    callee: party,
    dialled: '1',
    called: '1',
    attempts: [],
    setupAt: at(0),
    ringingAt: at(1),
    answeredAt: at(2),
    endedAt: at(92),
    postDialDelayMs: 120,
    durationMs: 90_000,
    end: { by: 'callee', code: 200, reason: 'OK', cause: undefined, fault: undefined },
    media: [],
    recordings: [],
    controls: [],
    heard: [],
    ...more,
  };
}

function aRecording(more: Partial<RecordingRecord> = {}): RecordingRecord {
  return {
    user: '+15550100',
    side: 'caller',
    because: 'number +15550100',
    recorded: 'fully',
    kept: true,
    fault: undefined,
    detail: undefined,
    recordingId: 'r1',
    recorder: 'embedded',
    status: 200,
    startedAt: new Date(at(2).getTime() + 40),
    endedAt: at(92),
    parts: [aPart()],
    ...more,
  };
}

function aPart(more: Partial<RecordingPartRecord> = {}): RecordingPartRecord {
  return {
    recorder: 'embedded',
    recordingId: 'r1',
    status: 200,
    recorderCallId: 'rs@srs',
    startedAt: at(2),
    from: at(2),
    endedAt: at(92),
    heardAt: at(92),
    fault: undefined,
    detail: undefined,
    ...more,
  };
}

/** A call that failed. */
function failed(code: number, more: Partial<CallRecord['end']> = {}): CallRecord {
  const end = { by: 'us' as const, code, reason: '', cause: undefined, fault: undefined, ...more };
  return aRecord({ answeredAt: undefined, durationMs: 0, postDialDelayMs: undefined, end });
}

describe('metrics', () => {
  it('count calls by how they ended and who ended them', async () => {
    const metrics = createMetrics({ version: '1.2.3' });
    metrics.callEnded(aRecord());
    metrics.callEnded(failed(503, { fault: 'PORTS_EXHAUSTED' }));
    const seen = await samples(metrics);
    expect(seen.get('twintrack_calls_attempted_total')).toBe(2);
    expect(seen.get('twintrack_calls_answered_total')).toBe(1);
    expect(seen.get('twintrack_calls_ended_total{class="answered",by="callee"}')).toBe(1);
    expect(seen.get('twintrack_calls_ended_total{class="5xx",by="us"}')).toBe(1);
    expect(seen.get('twintrack_call_faults_total{fault="PORTS_EXHAUSTED"}')).toBe(1);
    expect(seen.get('twintrack_call_post_dial_delay_seconds_bucket{le="0.1"}')).toBe(0);
    expect(seen.get('twintrack_call_post_dial_delay_seconds_bucket{le="0.25"}')).toBe(1);
    expect(seen.get('twintrack_call_post_dial_delay_seconds_count')).toBe(1);
    expect(seen.get('twintrack_call_duration_seconds_sum')).toBe(90);
    expect(seen.get('twintrack_call_duration_seconds_count')).toBe(1);
    expect(seen.get('twintrack_info{version="1.2.3"}')).toBe(1);
  });

  it.each([
    [failed(487, { by: 'caller' }), 'class="cancelled",by="caller"'],
    [failed(487, { by: 'callee' }), 'class="4xx",by="callee"'],
    [failed(302, { by: 'callee' }), 'class="3xx",by="callee"'],
    [failed(404), 'class="4xx",by="us"'],
    [failed(603, { by: 'callee' }), 'class="6xx",by="callee"'],
    [failed(0), 'class="5xx",by="us"'],
    [aRecord({ end: { ...aRecord().end, by: 'us', code: 408 } }), 'class="answered",by="us"'],
  ])('tell the classes of ends apart (%#)', async (record, labels) => {
    const metrics = createMetrics({ version: '0' });
    metrics.callEnded(record);
    expect((await samples(metrics)).get(`twintrack_calls_ended_total{${labels}}`)).toBe(1);
  });

  it('count recordings by how much is recorded, and why not all', async () => {
    const metrics = createMetrics({ version: '0' });
    const lost = { recorded: 'not', fault: 'RECORDER_REFUSED', startedAt: undefined } as const;
    metrics.callEnded(aRecord({ recordings: [aRecording(), aRecording(lost)] }));
    const seen = await samples(metrics);
    expect(seen.get('twintrack_recordings_total{recorded="fully"}')).toBe(1);
    expect(seen.get('twintrack_recordings_total{recorded="not"}')).toBe(1);
    expect(seen.get('twintrack_recording_faults_total{fault="RECORDER_REFUSED"}')).toBe(1);
    expect(seen.get('twintrack_recording_setup_seconds_count')).toBe(1);
    expect(seen.get('twintrack_recording_setup_seconds_sum')).toBeCloseTo(0.04);
  });

  it('count running calls among the attempted and the answered, and no call twice', async () => {
    const metrics = createMetrics({ version: '0' });
    const recordings = [
      { user: 'a', state: 'active' },
      { user: 'b', state: 'failed' },
    ];
    let calls = [
      { answeredAt: at(0), recordings },
      { answeredAt: undefined, recordings: [{ user: 'c', state: 'idle' }] },
    ];
    metrics.observe({ calls: () => calls });
    const figures = async () => {
      const seen = await samples(metrics);
      return [
        'calls_active',
        'calls_attempted_total',
        'calls_answered_total',
        'recordings_active',
      ].map((name) => seen.get(`twintrack_${name}`));
    };
    expect(await figures()).toEqual([2, 2, 1, 1]);
    expect(await figures()).toEqual([2, 2, 1, 1]);
    calls = [];
    metrics.callEnded(aRecord());
    metrics.callEnded(failed(486));
    expect(await figures()).toEqual([0, 2, 1, 0]);
  });

  it('read figures of others at each scrape', async () => {
    const metrics = createMetrics({ version: '0' });
    let strangers = 3;
    metrics.observe({ refusals: () => ({ CALLER_NOT_ALLOWED: strangers }), ready: () => true });
    metrics.observe({
      cdr: () => ({ written: 10, lost: 1 }),
      media: async () => usage.media,
      engine: () => usage.engine,
      freeswitch: () => true,
    });
    await metrics.expose();
    strangers = 4;
    const seen = await samples(metrics);
    expect(Object.fromEntries(seen)).toMatchObject({
      'twintrack_refused_requests_total{fault="CALLER_NOT_ALLOWED"}': 4,
      'twintrack_refused_requests_total{fault="NO_ROUTE"}': 0,
      twintrack_ready: 1,
      twintrack_freeswitch_connected: 1,
      'twintrack_cdr_records_total{outcome="written"}': 10,
      'twintrack_cdr_records_total{outcome="lost"}': 1,
      twintrack_media_lines: 2,
      twintrack_media_forks: 4,
      'twintrack_media_ports{state="in_use"}': 16,
      'twintrack_media_ports{state="quarantined"}': 8,
      twintrack_media_packets_relayed_total: 1000,
      twintrack_media_packets_forked_total: 900,
      twintrack_media_kernel_drops: 1,
      twintrack_media_workers: 2,
      twintrack_media_workers_lost_total: 3,
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
    one.callEnded(aRecord());
    expect((await samples(other)).get('twintrack_calls_attempted_total')).toBe(0);
  });

  it('have every series from the start, so that their number does not grow', async () => {
    const metrics = createMetrics({ version: '0' });
    metrics.observe({ media: async () => usage.media, engine: () => usage.engine });
    const before = [...(await samples(metrics)).keys()];
    for (const code of [302, 404, 487, 503, 603]) {
      metrics.callEnded(failed(code, { by: 'caller', fault: 'NO_ROUTE' }));
    }
    const recordings = [aRecording({ recorded: 'partly', fault: 'RECORDER_VANISHED' })];
    metrics.callEnded(aRecord({ recordings }));
    metrics.observe({ refusals: () => ({ SHUTTING_DOWN: 1 }) });
    for (const status of [200, 206, 302, 404, 503]) metrics.httpAnswered(status);
    // Recorders are as many as are set up.
    const after = [...(await samples(metrics)).keys()].filter((one) => !one.includes('recorder='));
    expect(after).toEqual(before);
    expect(before.length).toBeLessThan(200);
  });

  it('tell what each recorder did with the sessions that it was asked for', async () => {
    const metrics = createMetrics({ version: '0' });
    const parts = [
      aPart({ recorder: 'dub', fault: 'RECORDER_VANISHED' }),
      aPart({ recorder: 'sip:rec@x', fault: 'RECORDER_UNREACHABLE' }),
      aPart({ fault: 'MEDIA_WORKER_LOST' }),
      aPart(),
    ];
    metrics.callEnded(aRecord({ recordings: [aRecording({ parts }), aRecording()] }));
    const seen = [...(await samples(metrics))].filter(([name]) => name.includes('recorder='));
    expect(seen).toEqual([
      ['twintrack_recorder_sessions_total{recorder="dub",end="vanished"}', 1],
      ['twintrack_recorder_sessions_total{recorder="sip:rec@x",end="unreachable"}', 1],
      ['twintrack_recorder_sessions_total{recorder="embedded",end="other"}', 1],
      ['twintrack_recorder_sessions_total{recorder="embedded",end="kept"}', 2],
    ]);
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
