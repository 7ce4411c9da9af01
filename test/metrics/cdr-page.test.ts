import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCdrWriter } from '../../src/metrics';
import type { CallRecord } from '../../src/sip';
import { captureLog } from '../support/captured-log';

/** A call in which everything that a record can tell has happened: the type sees to that. */
const record: Everything<CallRecord> = {
  id: '0a4f6c1e-7d0b-4f0e-9a6e-3c1f8f1f2b11',
  callId: '3848276298220188511@192.0.2.10',
  caller: {
    peer: 'pbx',
    uri: 'sip:+15550100@192.0.2.10',
    displayName: 'Front desk',
    asserted: ['tel:+15550100'],
  },
  callee: {
    peer: 'trunk-backup',
    uri: 'sip:2025550123@192.0.2.20',
    displayName: 'Bob',
    asserted: ['tel:+12025550123'],
  },
  dialled: '2025550123',
  called: '+12025550123',
  attempts: [
    {
      target: 'trunk',
      startedAt: new Date('2026-01-15T14:03:07.012Z'),
      endedAt: new Date('2026-01-15T14:03:07.048Z'),
      status: 503,
      reason: 'Service Unavailable',
      cancelled: 'timeout',
      callId: '5a0d1c7e@192.0.2.20',
    },
  ],
  setupAt: new Date('2026-01-15T14:03:07.010Z'),
  ringingAt: new Date('2026-01-15T14:03:08.120Z'),
  answeredAt: new Date('2026-01-15T14:03:12.300Z'),
  endedAt: new Date('2026-01-15T14:04:42.310Z'),
  postDialDelayMs: 38,
  durationMs: 90_010,
  end: {
    by: 'callee',
    code: 200,
    reason: 'OK',
    cause: 'Q.850;cause=16;text="Normal call clearing"',
    fault: 'RECORDER_VANISHED',
  },
  media: [
    {
      kind: 'audio',
      caller: {
        packets: 4500,
        octets: 774_000,
        lost: 2,
        jitterMs: 0.8,
        roundTripMs: 24,
        strangers: 0,
        malformed: 0,
        unauthentic: 0,
        replayed: 0,
        firstAtMs: 81_240.5,
        lastAtMs: 171_221.4,
      },
      callee: {
        packets: 4498,
        octets: 773_656,
        lost: 0,
        jitterMs: 1.1,
        roundTripMs: 31.5,
        strangers: 0,
        malformed: 0,
        unauthentic: 0,
        replayed: 0,
        firstAtMs: 81_251.9,
        lastAtMs: 171_219.7,
      },
    },
  ],
  recordings: [
    {
      user: '+15550100',
      side: 'caller',
      because: 'number +15550100',
      recorded: 'partly',
      kept: true,
      fault: 'RECORDER_VANISHED',
      detail:
        'the recorder ended or lost the recording session during the call: embedded has it from 2026-01-15T14:03:12.300Z on until 2026-01-15T14:04:01.002Z: 481 to OPTIONS, and what it was sent since 2026-01-15T14:03:51.001Z may be missing; dub: 503 Service Unavailable',
      recordingId: 'c6f3e7a0-30c2-4f43-8c3a-9a5f9f0f6a02',
      recorder: 'embedded',
      status: 200,
      startedAt: new Date('2026-01-15T14:03:12.338Z'),
      endedAt: new Date('2026-01-15T14:04:01.031Z'),
      parts: [
        {
          recorder: 'embedded',
          recordingId: 'c6f3e7a0-30c2-4f43-8c3a-9a5f9f0f6a02',
          status: 200,
          recorderCallId: '7d9c1b526a0e4c1f@192.0.2.10',
          startedAt: new Date('2026-01-15T14:03:12.338Z'),
          from: new Date('2026-01-15T14:03:12.300Z'),
          endedAt: new Date('2026-01-15T14:04:01.002Z'),
          heardAt: new Date('2026-01-15T14:03:51.001Z'),
          fault: 'RECORDER_VANISHED',
          detail: '481 to OPTIONS',
        },
      ],
    },
  ],
  controls: [
    {
      at: new Date('2026-01-15T14:03:20.500Z'),
      user: '+15550100',
      side: 'caller',
      by: 'info',
      action: 'pause',
      result: 'done',
    },
  ],
  heard: [
    {
      what: 'start',
      listener: 'callee',
      startedAt: new Date('2026-01-15T14:03:12.310Z'),
      endedAt: new Date('2026-01-15T14:03:14.690Z'),
      complete: true,
      file: 'start-en.wav',
      sha256: '5a0f2c9d7b1e4a3c8d6e9f0b1a2c3d4e5f60718293a4b5c6d7e8f9012a3b4c5d',
      fault: 'ANNOUNCEMENT_NOT_POSSIBLE',
      detail: 'side b takes G729',
    },
  ],
};

/** The type with nothing left out. */
type Everything<T> = T extends Date
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Everything<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]-?: Everything<Exclude<T[Key], undefined>> }
      : T;

/** Paths of a JSON value: `attempts[].status`. */
function paths(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => paths(item, `${path}[]`));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, inner]) =>
      paths(inner, path === '' ? name : `${path}.${name}`),
    );
  }
  return [path];
}

describe('docs/cdr.md', () => {
  const page = readFileSync(join(__dirname, '../../docs/cdr.md'), 'utf8');
  const directory = mkdtempSync(join(tmpdir(), 'twintrack-cdr-page-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('tells every field of a record, and none that is gone', () => {
    const told = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path]) => path!);
    const there = paths(JSON.parse(JSON.stringify(record)));
    const families = there.map((path) => path.replace(/^(media\[\])\.(caller|callee)\./, '$1.*.'));
    expect(told.sort()).toEqual([...new Set(families)].sort());
  });

  it('shows a record as it is written', async () => {
    const file = join(directory, 'cdr.jsonl');
    const writer = createCdrWriter({ file, log: captureLog().log });
    writer.write(record);
    await writer.close();
    const shown = /```json\n([^`]*)```/.exec(page)?.[1] ?? '';
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(shown));
  });
});
