import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createLog, prettyLines, redact, silentLog } from '../../src/core';
import { captureLog, expectNoIdentity } from '../support/captured-log';

describe('an identity in a log', () => {
  it.each([
    ['sip:+15550123@host', 'sip:+1…23@host'],
    ['sip:+15550123@host:5060;transport=tcp', 'sip:+1…23@host:5060'],
    ['SIPS:alice.smith@example.com', 'SIPS:al…th@example.com'],
    ['tel:+15550123;phone-context=+1555', 'tel:+1…23'],
    ['+15550123', '+1…23'],
    ['Alice', 'A…e'],
    ['Bob', 'B…'],
    ['1001', '1…'],
    ['10017', '1…7'],
    ['', ''],
  ])('%s is shown as %s', (identity, shown) => {
    expect(redact(identity)).toBe(shown);
  });

  it('is the same each time, so that lines can be put together', () => {
    expect(redact('sip:+15550123@host')).toBe(redact('sip:+15550123@host;tag=other'));
  });

  it('hides at least half of the user part, whoever it is', () => {
    const user = fc.string({ unit: fc.constantFrom(...'+0123456789abcxyz._-'), maxLength: 40 });
    fc.assert(
      fc.property(fc.constantFrom('sip:', 'sips:', 'tel:', ''), user, (scheme, name) => {
        const shown = redact(`${scheme}${name}`).slice(scheme.length).replace('…', '');
        expect(shown.length).toBeLessThanOrEqual(Math.max(1, name.length / 2));
      }),
    );
  });
});

describe('the check of a scenario’s log', () => {
  const identities = ['+15550123', 'Alice Smith', 'alice'];

  it('passes a log that shows identities only as redacted', () => {
    const { log, lines } = captureLog('debug');
    log.info({ caller: redact('sip:+15550123@host') }, 'call-started');
    log.debug({ caller: 'sip:+15550123@host' }, 'invite-received');
    expectNoIdentity(lines, identities);
  });

  it.each([
    ['a number', { caller: 'sip:+15550123@host' }, 'x'],
    ['a number with separators', { caller: '+1 (555) 0123' }, 'x'],
    ['a name deep inside', { call: { parties: [{ name: 'ALICE SMITH' }] } }, 'x'],
    ['an event name', {}, 'calling sip:alice@host'],
  ])('fails for %s', (_, fields, event) => {
    const { log, lines } = captureLog();
    log.warn(fields, event);
    expect(() => expectNoIdentity(lines, identities)).toThrow();
  });

  it('fails for an error that carries one', () => {
    const { log, lines } = captureLog();
    log.error({ err: new Error('no route to sip:+15550123@host') }, 'call-failed');
    expect(() => expectNoIdentity(lines, identities)).toThrow();
  });
});

describe('the log', () => {
  it('is one JSON object a line: time, level, event name, fields, nothing of the machine', () => {
    const { log, lines, events } = captureLog();
    log.info({ callId: 'c1' }, 'call-started');
    log.debug('not this');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    const { time, ...rest } = events('call-started')[0]!;
    expect(rest).toEqual({ level: 30, callId: 'c1', msg: 'call-started' });
    expect(new Date(String(time)).toISOString()).toBe(time);
  });

  it('can be silent', () => {
    expect(silentLog.isLevelEnabled('fatal')).toBe(false);
  });
});

describe('the log on standard output', () => {
  const core = join(__dirname, '../../src/core');

  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'log-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** What a process of its own writes to a pipe that logs `say`; it is read from when the process has said so. */
  async function written(say: string): Promise<Array<Record<string, unknown>>> {
    const pipe = join(folder, randomUUID());
    execFileSync('mkfifo', [pipe]);
    const script = `const log = require(${JSON.stringify(core)}).createLog('info');
      const pad = 'x'.repeat(300);
      ${say}`;
    const node = [process.execPath, '--require', require.resolve('tsx/cjs'), '-e', script];
    const child = spawn('bash', ['-c', `exec "$@" > ${pipe}`, 'bash', ...node], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const reader = await open(pipe);
    await once(child.stderr, 'data');
    const text = (await reader.readFile()).toString('latin1');
    await reader.close();
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  it('leaves whole what others write there, when its reader is late', async () => {
    const lines = await written(`
      let turn = 0;
      const timer = setInterval(() => {
        for (let i = 0; i < 60; i++) log.info({ pad });
        if (turn === 20) process.stdout.write(JSON.stringify({ record: 1, pad }) + '\\n');
        if (++turn < 40) return;
        clearInterval(timer);
        process.stderr.write('said');
      }, 5);`);
    expect(lines.filter(({ record }) => record === 1)).toHaveLength(1);
    expect(lines).toHaveLength(60 * 40 + 1);
  }, 30_000);

  it('keeps no more than a bound for a reader that has stopped, and tells how many lines it lost', async () => {
    const most = 60_000;
    const lines = await written(`
      for (let n = 0; n < ${most}; n++) log.info({ n, pad });
      setTimeout(() => process.stderr.write('said'), 200);`);
    const said = lines.filter(({ n }) => n !== undefined);
    expect(said.map(({ n }) => n)).toEqual(said.map((_, i) => i));
    expect(said.length).toBeLessThan(50_000);
    expect(lines.at(-1)).toMatchObject({ level: 40, lines: most - said.length });
  }, 30_000);
});

describe('the log for people', () => {
  const shown = (colour: boolean, write: (log: ReturnType<typeof createLog>) => void): string => {
    let text = '';
    write(
      createLog(
        'trace',
        prettyLines((line) => (text += line), { colour }),
      ),
    );
    return text;
  };

  it('is time of day, severity, event and fields', () => {
    const text = shown(false, (log) => log.warn({ callId: 'c1', ms: 3, parties: ['a b'] }, 'slow'));
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}slow callId=c1 ms=3 parties=\["a b"\]\n$/);
  });

  it('keeps a hostile value on its line and in its field', () => {
    const text = shown(false, (log) =>
      log.info({ agent: 'x level=50\n\u001b[2J', ua: 'a b' }, 'invite'),
    );
    expect(text).toContain('agent="x level=50\\n\\u001b[2J" ua="a b"\n');
    expect(text.split('\n')).toHaveLength(2);
  });

  it('is coloured when asked', () => {
    expect(shown(true, (log) => log.error('broken'))).toContain('\u001b[31merror\u001b[0m');
  });

  it('lets pass what is no JSON line', () => {
    let text = '';
    prettyLines((line) => (text += line), { colour: false }).write('Debugger attached\n');
    expect(text).toBe('Debugger attached\n');
  });
});
