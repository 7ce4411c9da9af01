import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTwintrack, type Twintrack } from '../../src/app';
import { loadConfig } from '../../src/config';
import { parseRtp } from '../../src/media';
import { openSqliteSettings, type Wish } from '../../src/policy';
import { EmbeddedPrompts, tone } from '../../src/tones';
import { portOf } from '../interop/b2bua/ear';
import { Party } from '../interop/b2bua/party';
import { Ear } from '../media/support/party';
import { change, organization, provider, user } from '../policy/settings/support';
import { type CapturedLog, captureLog } from '../support/captured-log';
import { mediaPorts } from '../support/ports';
import { FreeswitchDouble } from '../tones/freeswitch/double';
import { until } from '../tones/freeswitch/stage';

const WORDS = 'This call is recorded';
const LINE = 'sip:200@127.0.0.1';

let directory: string;
let freeswitch: FreeswitchDouble;
let service: Twintrack;
let captured: CapturedLog;
let parties: Record<'caller' | 'callee', { sip: Party; ear: Ear }>;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'twintrack-freeswitch-'));
  captured = captureLog();
  freeswitch = await FreeswitchDouble.start(['L16', 'G729']);
  const party = async () => ({ sip: await Party.open(), ear: await Ear.open() });
  parties = { caller: await party(), callee: await party() };
});

afterEach(async () => {
  await service?.stop();
  await freeswitch.stop();
  for (const { sip, ear } of Object.values(parties)) {
    ear.close();
    await sip.close();
  }
  rmSync(directory, { recursive: true });
});

/** A service that announces recordings on the trunk, by way of that FreeSWITCH. */
async function serve(wishes: readonly Wish[], codecs: string): Promise<void> {
  const database = join(directory, 'settings.db');
  const store = await openSqliteSettings(database);
  const wrong = await change(store, [
    provider('here', { preset: 'embedded' }),
    user('alice', { numbers: ['200'], mode: 'always' }),
    ...wishes,
  ]);
  await store.close();
  expect(wrong).toEqual([]);
  const set = [
    'sip.listen=udp/127.0.0.1:0',
    'sip.maxCalls=10',
    'recorder.embedded.listen=[tcp/127.0.0.1:0]',
    `recorder.embedded.directory=${join(directory, 'recordings')}`,
    'http.listen=null',
    `cdr.file=${join(directory, 'cdr.jsonl')}`,
    'shutdown.graceSeconds=0',
    await mediaPorts(200),
    `settings.database=${database}`,
    `routes=[{targets: ["${parties.callee.sip.place}"]}]`,
    'announcements.source=freeswitch',
    'announcements.freeswitch.address=127.0.0.1',
    `announcements.freeswitch.port=${freeswitch.port}`,
    `announcements.freeswitch.directory=${join(directory, 'announcements')}`,
    `announcements.freeswitch.codecs=${codecs}`,
    'announcements.freeswitch.waitSeconds=30',
  ];
  const env = { ...process.env, TWINTRACK_ANNOUNCEMENTS__FREESWITCH__SECRET: 'open sesame' };
  const loaded = loadConfig({ env, flags: { set } });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  service = await startTwintrack(loaded.config, { log: captured.log });
}

/** Calls in G.729, with PCMU as second choice; resolves with what the callee was offered. */
async function call() {
  const { caller, callee } = parties;
  const offer = (formats: string, { ear }: { ear: Ear }) =>
    [
      'v=0',
      'o=party 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${ear.port} RTP/AVP ${formats}`,
      '',
    ].join('\r\n');
  const proxy = service.sip[0]!.slice('udp/'.length);
  const outgoing = caller.sip.agent.invite({
    uri: `sip:300@${proxy}`,
    headers: { From: `<${LINE}>` },
    body: offer('18 0', caller),
  });
  const incoming = await callee.sip.nextCall();
  const [, offered = ''] = /m=audio \d+ RTP\/AVP ([\d ]+)/.exec(incoming.body) ?? [];
  await incoming.accept({ body: offer(offered.split(' ')[0]!, callee) });
  const final = await outgoing.final;
  if (final.kind === 'rejected') throw new Error(`refused with ${final.response.status}`);
  final.ack();
  expect(portOf(final.response.body)).toBeGreaterThan(0);
  return { offered, dialog: final.dialog };
}

/** What a party has got in G.729 and is not the other's speech: there is none. */
function heard({ ear }: { ear: Ear }): number[] {
  return ear.received.flatMap(({ bytes }) => {
    const packet = parseRtp(bytes);
    return packet?.payloadType === 18 ? [packet.payload.readUInt16BE()] : [];
  });
}

async function record(): Promise<{ heard: Record<string, unknown>[] }> {
  const text = () => {
    try {
      return readFileSync(join(directory, 'cdr.jsonl'), 'utf8');
    } catch {
      return '';
    }
  };
  await until(() => text().endsWith('\n'));
  return JSON.parse(text());
}

const count = (length: number) => Array.from({ length }, (_, index) => index);

test('a call in a codec that only FreeSWITCH has is announced in it, to both parties', async () => {
  await serve([organization({ provider: 'here', announceTrunk: true })], '[G729]');
  await until(() => captured.events('announcements made').length === 1);
  await freeswitch.stop();
  const { offered, dialog } = await call();
  expect(offered).toBe('18 0');
  const start = await new EmbeddedPrompts().prompt({ name: 'start', language: 'en' });
  const frames = Math.ceil(start.lengthMs / 20);
  const { caller, callee } = parties;
  await until(() => [caller, callee].every((one) => heard(one).length >= frames));
  expect(heard(caller)).toEqual(count(frames));
  expect(heard(callee)).toEqual(count(frames));
  await dialog.bye();
  const evidence = { what: 'start', complete: true, file: 'start-en.wav', sha256: start.fileHash };
  const told = (await record()).heard;
  expect(told.map(({ listener }) => listener).sort()).toEqual(['callee', 'caller']);
  for (const one of told) expect(one).toMatchObject(evidence);
});

test('a text is spoken to the parties', async () => {
  const prompt: Wish = { do: 'put-prompt', key: 'words', prompt: { kind: 'text', text: WORDS } };
  const settings = { provider: 'here', announceTrunk: true, promptStart: 'words' };
  await serve([prompt, organization(settings)], '[G729]');
  await until(() => captured.events('announcements made').length === 1);
  const { dialog } = await call();
  const frames = (WORDS.length * 50) / 20;
  await until(() => heard(parties.caller).length >= Math.floor(frames));
  await dialog.bye();
  expect(freeswitch.runs.filter(({ application }) => application === 'speak')).toHaveLength(1);
  expect((await record()).heard).toContainEqual(
    expect.objectContaining({ what: 'start', listener: 'caller', file: 'words.wav' }),
  );
});

test('a codec in which nothing is there is kept out of offers while something must be announced', async () => {
  await serve([organization({ provider: 'here', announceTrunk: true })], '[]');
  await until(() => captured.events('freeswitch connected').length === 1);
  const { offered, dialog } = await call();
  expect(offered).toBe('0');
  await dialog.bye();
});

test('where codecs may stay, a sound is made when a call first needs it', async () => {
  const settings = { provider: 'here', reminderTone: true, narrowCodecs: false };
  await serve([organization(settings)], '[]');
  await until(() => captured.events('freeswitch connected').length === 1);
  const { offered, dialog } = await call();
  expect(offered).toBe('18 0');
  await until(() => freeswitch.runs.length === 1);
  expect(freeswitch.runs[0]).toMatchObject({
    codec: 'G729',
    argument: join(directory, 'announcements', `${tone().fileHash}.wav`),
  });
  await dialog.bye();
});

test('a FreeSWITCH that is away keeps no call from being made', async () => {
  await freeswitch.stop();
  const settings = { provider: 'here', announceTrunk: true, narrowCodecs: false };
  await serve([organization(settings)], '[G729]');
  const { dialog } = await call();
  await until(() => captured.events('not announced').length === 2);
  await dialog.bye();
  for (const one of (await record()).heard) {
    expect(one).toMatchObject({ what: 'start', fault: 'ANNOUNCEMENT_NOT_POSSIBLE' });
  }
});
