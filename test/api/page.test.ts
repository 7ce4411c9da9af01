import { createHash } from 'node:crypto';
import { aCall, aStream, ask, Bench, recordingOf, wav } from './support';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.tearDown());

async function page(): Promise<{ text: string; policy: string }> {
  const { status, text, headers } = await ask(await bench.serve(), '/');
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  return { text, policy: String(headers['content-security-policy']) };
}

describe('the status page', () => {
  it('of a quiet service says so', async () => {
    const { text } = await page();
    expect(text).toContain('taking calls');
    expect(text).toContain('No call is going on.');
    expect(text).toContain('Nothing is recorded yet.');
  });

  it('shows live calls, and how long they have been going on', async () => {
    bench.calls = [{ ...aCall, recordings: [recordingOf('u', { state: 'failed' })] }];
    const { text } = await page();
    expect(text).toContain('<td>sip:+15550100@pbx.example.com</td>');
    expect(text).toContain('<time>1:05</time>');
    expect(text).toContain('<span class="bad">failed</span>');
  });

  it('shows who is recorded, how, and since when', async () => {
    const since = new Date('2026-01-15T14:00:58Z');
    const paused = { state: 'paused', pausedBy: 'dtmf', since } as const;
    const off = { state: 'off', mode: 'on-demand', side: 'callee', since: undefined } as const;
    bench.calls = [
      { ...aCall, recordings: [recordingOf('alice', paused), recordingOf('bob', off)] },
    ];
    const { text } = await page();
    expect(text).toContain(
      '<span class="quiet">paused by dtmf</span> <time>0:12</time> <span title="caller">alice</span> <span class="quiet">always-pause-resume</span>',
    );
    expect(text).toContain(
      '<span class="quiet">off</span> <span title="callee">bob</span> <span class="quiet">on-demand</span>',
    );
  });

  it('shows why calls are not taken', async () => {
    bench.reasons = ['the service is draining'];
    const { text } = await page();
    expect(text).toContain('not ready');
    expect(text).toContain('the service is draining');
  });

  it('plays recordings, draws them, and offers their files', async () => {
    bench.record('r1', wav([0, 30_000, -30_000, 0], [100, 100, 100, 100]));
    bench.record('r2', Buffer.from('no audio'), { state: 'recording', endedAt: undefined });
    bench.record('r3', Buffer.alloc(0), { state: 'failed', failure: 'the disk was full' });
    const { text } = await page();
    const url = '/v1/recordings/r1/files/audio.wav';
    expect(text).toContain(`<audio controls preload="none" src="${url}">`);
    expect(text).toContain(`href="${url}?download"`);
    expect(text.match(/<svg class="waveform"/g)).toHaveLength(1);
    expect(text).toContain('<time>1:02</time>');
    expect(text).toContain('2026-01-15 13:00:00 UTC');
    expect(text).toMatch(/channel-0">Alice<.*channel-1">tel:\+15559876</);
    expect(text).toContain('<span class="recording">now</span>');
    expect(text).toContain('<span class="bad" title="the disk was full">incomplete</span>');
  });

  it('says how much of a recording the network lost', async () => {
    bench.record('r1', wav([1], [2]), { streams: [aStream({ lost: 3 }), aStream({ lost: -1 })] });
    bench.record('r2', wav([1], [2]), { streams: [aStream({ lost: 0 })] });
    const { text } = await page();
    expect(text.match(/\d+ packets lost/g)).toEqual(['3 packets lost']);
  });

  it('shows the latest recordings of many', async () => {
    for (let at = 0; at < 50; at++) bench.record(`r${at}`, Buffer.alloc(0));
    const { text } = await page();
    expect(text.match(/<article/g)).toHaveLength(20);
  });

  it('shows hostile names as text', async () => {
    const hostile = `"><script>alert(1)</script><img src=x onerror='alert(1)'>&`;
    bench.calls = [
      {
        ...aCall,
        caller: hostile,
        callee: hostile,
        recordings: [recordingOf(hostile, { state: 'ended' })],
      },
    ];
    bench.reasons = [hostile];
    const [participant] = bench.record('r1', wav([1])).participants;
    const wavFile = { file: hostile, rate: 8000, channels: 1 };
    bench.record(hostile, wav([1]), {
      participants: [{ ...participant!, name: hostile }],
      wav: wavFile,
      state: 'failed',
      failure: hostile,
    });
    const { text } = await page();
    expect(text).not.toContain('<script>alert');
    expect(text).not.toContain('<img');
    expect(text.match(/<script>/g)).toHaveLength(1);
    expect(text).toContain('&quot;&gt;&lt;script&gt;');
    expect(text).toContain('&#39;alert(1)&#39;&gt;&amp;');
  });

  it('takes nothing from elsewhere, and runs no script but its own', async () => {
    const { text, policy } = await page();
    expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    for (const tag of ['style', 'script']) {
      const body = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(text)?.[1] ?? '';
      const hash = createHash('sha256').update(body).digest('base64');
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
  });
});
