import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCdrWriter } from '../../src/metrics';
import type { Sink } from '../../src/metrics/cdr-file';
import { captureLog } from '../support/captured-log';
import { VirtualClock } from '../support/virtual-clock';

const directory = mkdtempSync(join(tmpdir(), 'twintrack-cdr-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
const newFile = (): string => join(directory, `cdr-${files++}.jsonl`);
const records = (file: string): unknown[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** A disk in memory that takes `room` bytes. */
function disk(room = Number.POSITIVE_INFINITY) {
  const state = { room, text: '', opened: 0, closed: 0, torn: false };
  const open = async (): Promise<Sink> => {
    state.opened += 1;
    return {
      torn: state.torn || (state.text !== '' && !state.text.endsWith('\n')),
      write: async (bytes) => {
        if (state.room <= 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        const taken = bytes.subarray(0, state.room);
        state.room -= taken.length;
        state.text += taken.toString();
        return taken.length;
      },
      close: async () => {
        state.closed += 1;
      },
    };
  };
  return { state, open };
}

/** A writer on a disk in memory, in virtual time. */
function onDisk(room?: number) {
  const clock = new VirtualClock();
  const captured = captureLog();
  const { state, open } = disk(room);
  const writer = createCdrWriter({ file: 'unused', log: captured.log, clock, open });
  /** Lets everything that waits for no timer happen. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { clock, writer, state, settle, ...captured };
}

describe('call detail records', () => {
  it('are JSON lines, in order, appended to what was there', async () => {
    const file = newFile();
    writeFileSync(file, '{"call":"before"}\n');
    const writer = createCdrWriter({ file, log: captureLog().log });
    writer.write({ call: 1, note: 'zwei\nZeilen' });
    writer.write({ call: 2 });
    await writer.close();
    expect(records(file)).toEqual([
      { call: 'before' },
      { call: 1, note: 'zwei\nZeilen' },
      { call: 2 },
    ]);
    expect(writer.usage).toEqual({ written: 2, lost: 0 });
  });

  it('make the folders on the way, closed to strangers', async () => {
    const file = join(directory, 'a/b/cdr.jsonl');
    const writer = createCdrWriter({ file, log: captureLog().log });
    writer.write({ call: 1 });
    await writer.close();
    expect(statSync(file).mode & 0o777 & ~0o640).toBe(0);
    expect(statSync(join(directory, 'a')).mode & 0o777 & ~0o750).toBe(0);
  });

  it('touch no file before the first', async () => {
    const file = newFile();
    const writer = createCdrWriter({ file, log: captureLog().log });
    await writer.close();
    expect(existsSync(file)).toBe(false);
  });

  it('follow the file that logrotate moved away, losing none', async () => {
    const file = newFile();
    const writer = createCdrWriter({ file, log: captureLog().log });
    writer.write({ call: 1 });
    await writer.reopen();
    renameSync(file, `${file}.1`);
    writer.write({ call: 2 });
    writer.write({ call: 3 });
    await writer.reopen();
    writer.write({ call: 4 });
    await writer.close();
    const all = [...records(`${file}.1`), ...(existsSync(file) ? records(file) : [])];
    expect(all).toEqual([{ call: 1 }, { call: 2 }, { call: 3 }, { call: 4 }]);
    expect(records(file)).toContainEqual({ call: 4 });
  });

  it('begin a new line after one that a killed process left half', async () => {
    const file = newFile();
    appendFileSync(file, '{"call":"hal');
    const writer = createCdrWriter({ file, log: captureLog().log });
    writer.write({ call: 1 });
    await writer.close();
    expect(readFileSync(file, 'utf8')).toBe('{"call":"hal\n{"call":1}\n');
  });

  it('go on when the disk is full: told once, kept, and written when there is room', async () => {
    const { writer, state, clock, settle, events } = onDisk(0);
    for (let call = 1; call <= 3; call++) {
      writer.write({ call });
      await settle();
    }
    for (let second = 0; second < 5; second++) {
      clock.advance(1000);
      await settle();
    }
    expect(events('cdr-not-writable')).toHaveLength(1);
    expect(events('cdr-not-writable')[0]).toMatchObject({ code: 'ENOSPC' });
    expect(state.opened).toBe(6);
    state.room = 1000;
    clock.advance(1000);
    await settle();
    expect(state.text).toBe('{"call":1}\n{"call":2}\n{"call":3}\n');
    expect(events('cdr-writable-again')).toHaveLength(1);
    expect(writer.usage).toEqual({ written: 3, lost: 0 });
    await writer.close();
    expect(state.closed).toBe(state.opened);
    expect(clock.pending).toBe(0);
  });

  it.each([1, 5, 10, 11, 12, 16, 21, 22, 23])(
    'are whole although the disk had room for %d bytes only',
    async (room) => {
      const { writer, state, clock, settle } = onDisk(room);
      writer.write({ call: 1 });
      writer.write({ call: 2 });
      await settle();
      state.room = 1000;
      clock.advance(1000);
      await settle();
      await writer.close();
      const whole = state.text
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line));
      expect(whole).toEqual([{ call: 1 }, { call: 2 }]);
      expect(writer.usage).toEqual({ written: 2, lost: 0 });
      expect(state.text).not.toContain('}{');
    },
  );

  it('are lost and counted when too many wait, told once, and no call waits', async () => {
    const { writer, settle, events } = onDisk(0);
    for (let call = 0; call < 10_250; call++) writer.write({ call });
    await settle();
    expect(writer.usage).toEqual({ written: 0, lost: 250 });
    await writer.close();
    expect(writer.usage).toEqual({ written: 0, lost: 10_250 });
    expect(events('cdr-lost')).toHaveLength(1);
  });

  it('of a real full disk never reject and never throw', async () => {
    const { log, events } = captureLog();
    const writer = createCdrWriter({ file: '/dev/full', log });
    writer.write({ call: 1 });
    await writer.close();
    expect(writer.usage).toEqual({ written: 0, lost: 1 });
    expect(events('cdr-not-writable')).toHaveLength(1);
  });

  it('of a place that cannot be opened never reject and never throw', async () => {
    const { log, events } = captureLog();
    const writer = createCdrWriter({ file: join(directory, 'a/b/cdr.jsonl/x'), log });
    writer.write({ call: 1 });
    await writer.reopen();
    await writer.close();
    expect(writer.usage.lost).toBe(1);
    expect(events('cdr-not-writable')).toHaveLength(1);
  });

  it('that cannot be serialized are lost and counted', async () => {
    const { writer } = onDisk();
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    writer.write(loop);
    writer.write({ call: 1n });
    writer.write({ call: 1 });
    await writer.close();
    expect(writer.usage).toEqual({ written: 1, lost: 2 });
  });

  it('that come after the end are lost and counted', async () => {
    const { writer } = onDisk();
    await writer.close();
    writer.write({ call: 1 });
    await writer.close();
    expect(writer.usage).toEqual({ written: 0, lost: 1 });
  });

  it('of a burst are written in few writes', async () => {
    const { writer, state, settle } = onDisk();
    for (let call = 0; call < 2000; call++) writer.write({ call });
    await settle();
    await writer.close();
    expect(state.text.split('\n')).toHaveLength(2001);
    expect(state.opened).toBe(1);
  });
});
