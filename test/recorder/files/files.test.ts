import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { silentLog } from '../../../src/core';
import { buildRtp, readWav } from '../../../src/media';
import type { RecordingDocument } from '../../../src/recorder';
import { Catalogue } from '../../../src/recorder/files/catalogue';
import { GrowingFile } from '../../../src/recorder/files/growing-file';
import { Journal } from '../../../src/recorder/files/journal';
import { basePath, beginningOf, idOf, newId } from '../../../src/recorder/files/paths';
import { PcapPart, wholeLength } from '../../../src/recorder/files/pcap';
import { deleteOlder } from '../../../src/recorder/files/retention';
import { WavPart } from '../../../src/recorder/files/wav-part';

let directory: string;
const failures: string[] = [];
const failed = (reason: string): void => void failures.push(reason);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'files-'));
  failures.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a file that grows', () => {
  it('has every piece in its place, whatever the order', async () => {
    const path = join(directory, 'x');
    const file = await GrowingFile.open(path, failed);
    for (let n = 0; n < 1000; n++) file.write(4 + n * 4, Buffer.from(String(n).padStart(4)));
    file.write(0, Buffer.from('head'));
    file.write(8, Buffer.from('one '));
    await file.close();
    const text = readFileSync(path, 'latin1');
    expect(text).toHaveLength(4004);
    expect(text.slice(0, 16)).toBe('head   0one    2');
    expect(text.slice(-4)).toBe(' 999');
    expect(failures).toEqual([]);
  });

  it('says once what it cannot write, and does not throw', async () => {
    const file = await GrowingFile.open(join(directory, 'x'), failed);
    await file.close();
    file.write(0, Buffer.from('x'));
    file.write(1, Buffer.from('x'));
    expect(failures).toHaveLength(1);
    expect(file.failure).toBe(failures[0]);
  });

  it('is never written over', async () => {
    writeFileSync(join(directory, 'x'), 'mine');
    await expect(GrowingFile.open(join(directory, 'x'), failed)).rejects.toThrow('EEXIST');
  });
});

it('a WAV file can be read while it grows, and is canonical in the end', async () => {
  const path = join(directory, 'x.wav');
  const wav = await WavPart.open(path, { rate: 8000, channels: 2 }, failed);
  wav.write(2, Int16Array.of(1, 2, 3, 4));
  await wav.finish(5);
  expect(readWav(readFileSync(path))).toEqual({
    rate: 8000,
    channels: [Int16Array.of(0, 0, 1, 3, 0), Int16Array.of(0, 0, 2, 4, 0)],
  });
});

describe('a capture file', () => {
  const rtp = (sequence: number): Buffer =>
    buildRtp({
      marker: false,
      payloadType: 96,
      sequence,
      timestamp: sequence * 960,
      ssrc: 0xabcdef01,
      payload: Buffer.alloc(40, sequence),
    });

  it.each([
    ['192.0.2.1', '198.51.100.7'],
    ['2001:db8::1', '2001:db8::ffff:7'],
  ])('from %s to %s is what Wireshark reads', async (from, to) => {
    const path = join(directory, 'x.pcap');
    const pcap = await PcapPart.open(path, failed);
    const flow = { from: { address: from, port: 4000 }, to: { address: to, port: 5000 } };
    pcap.append(rtp(1), flow, Date.UTC(2026, 0, 15, 14, 3, 7) + 0.25);
    pcap.append(rtp(2), flow, Date.UTC(2026, 0, 15, 14, 3, 7) + 20.25);
    await pcap.finish();
    const seen = execFileSync(
      'tshark',
      ['-r', path, '-d', 'udp.port==5000,rtp', '-T', 'fields', '-E', 'separator=,']
        .concat('-e', 'ip.src', '-e', 'ipv6.src', '-e', 'udp.dstport', '-e', 'rtp.seq')
        .concat('-e', 'rtp.ssrc', '-e', 'frame.time_epoch', '-e', 'udp.length'),
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const rows = seen.trim().split('\n');
    expect(rows).toHaveLength(2);
    expect(rows[0]!.replaceAll(/,+/g, ',')).toMatch(
      new RegExp(`${from},5000,1,0xabcdef01,1768485787\\.000250\\d*,60$`),
    );
  });

  it('that was cut off is whole up to its last whole packet', async () => {
    const path = join(directory, 'x.pcap');
    const pcap = await PcapPart.open(path, failed);
    const flow = {
      from: { address: '192.0.2.1', port: 1 },
      to: { address: '192.0.2.2', port: 2 },
    };
    pcap.append(rtp(1), flow, 0);
    pcap.append(rtp(2), flow, 0);
    await pcap.finish();
    const file = readFileSync(path);
    expect(wholeLength(file)).toBe(file.length);
    const one = wholeLength(file.subarray(0, file.length - 1));
    expect(one).toBe((file.length - 24) / 2 + 24);
    expect(wholeLength(file.subarray(0, one + 7))).toBe(one);
    expect(wholeLength(file.subarray(0, 20))).toBe(0);
  });
});

describe('ids and paths', () => {
  const ids = { uuid: () => '', token: () => '9f3a1c2b' };

  it('tell when a recording began, and where it lies', () => {
    const id = newId(new Date(Date.UTC(2026, 10, 22, 14, 3, 7)), ids);
    expect(id).toBe('20261122-140307-9f3a1c2b');
    expect(basePath('/r', id)).toBe('/r/2026/11/22/140307-9f3a1c2b');
    expect(idOf('2026', '11', '22', '140307-9f3a1c2b')).toBe(id);
    expect(beginningOf(id)).toEqual(new Date(Date.UTC(2026, 10, 22, 14, 3, 7)));
  });

  it('are not to be confused with anything else', () => {
    for (const id of ['', '../../etc/passwd', '20261122-140307-9f3a1c2b/..', 'x'.repeat(24)]) {
      expect(basePath('/r', id)).toBeUndefined();
    }
  });
});

function documentOf(id: string, more: Partial<RecordingDocument> = {}): RecordingDocument {
  return {
    version: 1,
    id,
    state: 'finished',
    recovered: false,
    startedAt: beginningOf(id)!.toISOString(),
    durationMs: 1000,
    wav: { file: 'x.wav', rate: 8000, channels: 2 },
    sip: { callId: `${id}@host`, from: '', to: '', requestUri: '', source: '', headers: {} },
    participants: [],
    streams: [],
    pauses: [],
    gaps: [],
    metadata: [],
    ...more,
  };
}

function put(id: string, more?: Partial<RecordingDocument>): void {
  const base = basePath(directory, id)!;
  mkdirSync(dirname(base), { recursive: true });
  writeFileSync(`${base}.json`, JSON.stringify(documentOf(id, more)));
  writeFileSync(`${base}.wav`, 'audio');
}

describe('the catalogue', () => {
  const OLD = '20251231-235959-00000001';
  const NEW = '20260102-080000-00000002';
  const NEWER = '20260102-090000-00000003';
  const catalogue = () => new Catalogue(directory, () => undefined);
  const idsOf = async (query: Parameters<Catalogue['search']>[0]) =>
    (await catalogue().search(query)).map(({ id }) => id);

  beforeEach(() => {
    put(OLD, { state: 'failed' });
    put(NEW, {
      participants: [
        { id: 'p', aors: ['sip:+15550100@host'], name: 'Alice', labels: [], channels: [] },
      ],
    });
    put(NEWER);
  });

  it('lists the newest first, as many as wanted', async () => {
    expect(await idsOf({})).toEqual([NEWER, NEW, OLD]);
    expect(await idsOf({ limit: 2 })).toEqual([NEWER, NEW]);
  });

  it('finds by time, state, party and call', async () => {
    expect(await idsOf({ from: new Date('2026-01-02T08:30:00Z') })).toEqual([NEWER]);
    expect(await idsOf({ until: new Date('2026-01-02T08:30:00Z') })).toEqual([NEW, OLD]);
    expect(await idsOf({ until: new Date('2026-01-01T00:00:00Z') })).toEqual([OLD]);
    expect(await idsOf({ state: 'failed' })).toEqual([OLD]);
    expect(await idsOf({ party: 'alice' })).toEqual([NEW]);
    expect(await idsOf({ party: '5550100' })).toEqual([NEW]);
    expect(await idsOf({ callId: `${OLD}@host` })).toEqual([OLD]);
  });

  it('passes over what is no sidecar, and gives one by its id', async () => {
    writeFileSync(`${basePath(directory, NEW)}.json`, '{"version":1');
    mkdirSync(join(directory, 'notes'));
    writeFileSync(join(directory, '2026/01/02/readme.json'), '{}');
    expect(await idsOf({})).toEqual([NEWER, OLD]);
    await expect(catalogue().find(NEW)).resolves.toBeUndefined();
    await expect(catalogue().find('../x')).resolves.toBeUndefined();
    await expect(catalogue().find(NEWER)).resolves.toMatchObject({
      id: NEWER,
      audio: `${basePath(directory, NEWER)}.wav`,
    });
    await expect(
      new Catalogue(join(directory, 'none'), () => undefined).search({}),
    ).resolves.toEqual([]);
  });

  it('loses what retention deletes, and nothing else', async () => {
    put('20260102-070000-00000004');
    writeFileSync(join(directory, '2026/01/02/notes.txt'), 'mine');
    const isLive = (id: string) => id === '20260102-070000-00000004';
    await deleteOlder(directory, new Date('2026-01-02T08:30:00Z'), isLive, silentLog);
    expect(await idsOf({})).toEqual([NEWER, '20260102-070000-00000004']);
    expect(readdirSync(directory)).toEqual(['2026']);
    expect(readdirSync(join(directory, '2026/01/02'))).toContain('notes.txt');
  });
});

it('a journal writes what was said last, and leaves nothing behind when discarded', async () => {
  const path = join(directory, 'x.json');
  const journal = new Journal(path, documentOf('20260102-080000-00000002'), silentLog);
  for (let durationMs = 0; durationMs < 50; durationMs++) journal.update({ durationMs });
  await journal.settled();
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ durationMs: 49 });
  journal.update({ durationMs: 50 });
  await journal.discard();
  journal.update({ durationMs: 51 });
  await journal.settled();
  expect(readdirSync(directory)).toEqual([]);
});
