import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { location, organization, provider, user } from '../../policy/settings/support';
import { type Product, startProduct } from '../../support/product';
import { until } from '../b2bua/ear';
import { Party } from '../b2bua/party';
import { Exchange, type Talk } from './exchange';
import { PCMU } from './handset';
import { found, speech } from './judge';
import { ScriptedRecorder } from './scripted-recorder';

/** Packets of each side at each recorder, at the least; all of a call is less than the speech, that comes round again. */
const STAGE = 60;
const RATE = 8000;
/** Samples of a packet. */
const FRAME = 160;

describe('a recorder that fails, with another one that stands by', () => {
  let exchange: Exchange | undefined;
  let mortal: Product | undefined;
  let leaving: ScriptedRecorder;
  let refusing: Party;
  const directory = mkdtempSync(join(tmpdir(), 'twintrack-mortal-'));

  beforeAll(async () => {
    [leaving, refusing] = await Promise.all([ScriptedRecorder.open(), Party.open()]);
    mortal = await startProduct(
      [
        'recorder.embedded.listen=[tcp/127.0.0.1:0, udp/127.0.0.1:0]',
        `recorder.embedded.directory=${directory}`,
      ],
      'source',
      'recorder',
    );
    const places = {
      leaving: leaving.uri,
      refusing: `${refusing.place};transport=udp`,
      mortal: `sip:${mortal.sip.tcp};transport=tcp`,
    };
    exchange = await Exchange.open(
      [
        ...Object.entries(places).flatMap(([name, endpoint]) => [
          provider(name, { preset: 'custom', endpoint, standby: ['here'] }),
          { do: 'accept-terms', key: name } as const,
          location(name, { provider: name }),
        ]),
        organization({ provider: 'here', mode: 'always', announceTrunk: false }),
        user('alice', { numbers: ['100'], location: 'leaving' }),
        user('anna', { numbers: ['200'], location: 'mortal' }),
        user('andriy', { numbers: ['300'], location: 'refusing' }),
      ],
      ['recorder.checkSeconds=0.5'],
    );
  });

  afterAll(async () => {
    await exchange?.close();
    await mortal?.kill();
    await Promise.all([leaving.close(), refusing.close()]);
    rmSync(directory, { recursive: true, force: true });
  });

  async function call(from: string): Promise<Talk> {
    const talk = await exchange!.call({ from, to: `9${from}`, codec: PCMU });
    talk.caller.speak(speech('alice', RATE), talk.ports.caller);
    talk.callee.speak(speech('bob', RATE), talk.ports.callee);
    return talk;
  }

  /** Both say so much more. */
  async function goOn({ caller, callee }: Talk, what: string): Promise<void> {
    const enough = Math.max(caller.sent.length, callee.sent.length) + STAGE;
    await until(what, () => [caller, callee].every(({ sent }) => sent.length >= enough));
  }

  /** They fall silent, hear each other out, and hang up. */
  async function end({ caller, callee, dialogs }: Talk): Promise<void> {
    for (const one of [caller, callee]) one.hush();
    await until('both have heard each other out', () =>
      [[caller, callee] as const, [callee, caller] as const].every(
        ([one, other]) => other.packets.length === one.sent.length,
      ),
    );
    await dialogs.caller.bye();
  }

  const passedOn = () => exchange!.product.log.filter(({ msg }) => msg === 'recording passed on');

  it('by BYE in mid-call: the next has all that the first has not, from the very packet on', async () => {
    const talk = await call('100');
    const dialog = await leaving.accept(await leaving.nextCall());
    const { ears } = leaving;
    await until('the first recorder has something of each side', () =>
      ears.every(({ packets }) => packets.length >= STAGE),
    );
    await dialog.bye();
    await until('the next recorder is asked', () => passedOn().length === 1);
    await goOn(talk, 'something is said to the next recorder');
    await end(talk);

    const record = await exchange!.record('100');
    const { channels } = await exchange!.recorded(record.id);
    for (const [i, speaker] of [talk.caller, talk.callee].entries()) {
      const first = ears[i]!.packets;
      expect(first.map(({ sequence }) => sequence)).toEqual(first.map((_, n) => n));
      expect(first.length).toBeLessThan(speaker.sent.length);
      const said = speaker.said();
      expect(ears[i]!.heard()).toEqual(said.subarray(0, first.length * FRAME));
      holds(channels[i]!, said.subarray(first.length * FRAME));
    }
    const [recording] = record.recordings;
    expect(recording).toMatchObject({
      recorded: 'partly',
      fault: 'RECORDER_VANISHED',
      recorder: 'here',
      parts: [
        { recorder: 'leaving', status: 200, fault: 'RECORDER_VANISHED', detail: 'it sent BYE' },
        { recorder: 'here', status: 200 },
      ],
    });
    const [one, other] = recording!.parts;
    expect(other!.from).toBe(one!.endedAt);
    expect(other!.fault).toBeUndefined();
    expect(passedOn()).toMatchObject([{ lost: 'leaving', recorder: 'here' }]);
  }, 120_000);

  it('by death in mid-call: that is noticed, and the next has the rest without a gap', async () => {
    const talk = await call('200');
    await until('the recorder that is to die records', () => mortalRecordings().length === 1);
    await goOn(talk, 'something is said to the first recorder');
    const known = passedOn().length;
    await mortal!.kill();
    await until('its death is noticed', () => passedOn().length > known);
    await goOn(talk, 'something is said to the next recorder');
    await end(talk);

    const record = await exchange!.record('200');
    const { channels, sidecar } = await exchange!.recorded(record.id);
    for (const [i, speaker] of [talk.caller, talk.callee].entries()) {
      const [said, channel] = [speaker.said(), channels[i]!];
      expect(channel.length).toBeGreaterThanOrEqual(STAGE * FRAME);
      // Where what it has begins: both sides are on one timeline, and one may begin a moment later.
      const words = said.subarray(-RATE);
      const at = found(words, channel, RATE);
      expect(at.coefficient).toBeGreaterThan(0.999);
      const begins = said.length - RATE - (at.offsetMs * RATE) / 1000;
      expect(begins).toBeGreaterThan(0);
      const moment = RATE / 10;
      holds(channel, said.subarray(begins + moment));
    }
    const [recording] = record.recordings;
    expect(recording).toMatchObject({
      recorded: 'partly',
      fault: 'RECORDER_VANISHED',
      parts: [
        { recorder: 'mortal', fault: 'RECORDER_VANISHED' },
        { recorder: 'here', status: 200 },
      ],
    });
    const { heardAt, endedAt } = recording!.parts[0]!;
    expect(heardAt! <= endedAt).toBe(true);
    expect(recording!.detail).toContain(`what it was sent since ${heardAt} may be missing`);
    // What ties the parts together.
    const ids = (text: string) => {
      const all = [...text.matchAll(/(?:group_id|session_id)=\\"[^"]*\\"/g)];
      return [...new Set(all.map(([id]) => id))].sort();
    };
    expect(ids(sidecar)).toHaveLength(2);
    expect(ids(sidecar)).toEqual(ids(mortalRecordings()[0]!));
  }, 120_000);

  it('by 503 before the first word: the next has that, and nothing is missing', async () => {
    const asked = refusing.nextCall();
    const talk = await call('300');
    await (await asked).reject(503);
    await goOn(talk, 'something is said');
    await end(talk);
    const record = await exchange!.record('300');
    const { channels } = await exchange!.recorded(record.id);
    for (const [i, speaker] of [talk.caller, talk.callee].entries()) {
      holds(channels[i]!, speaker.said());
    }
    expect(record.recordings).toMatchObject([
      {
        recorded: 'fully',
        recorder: 'here',
        parts: [{ recorder: 'refusing', status: 503 }, { recorder: 'here' }],
      },
    ]);
  }, 120_000);

  /** All of it, sample by sample, where it is found best. */
  function holds(channel: Int16Array, wanted: Int16Array): void {
    const { coefficient, offsetMs } = found(wanted, channel, RATE);
    expect(coefficient).toBeGreaterThan(0.999);
    const at = (offsetMs * RATE) / 1000;
    expect(at).toBeGreaterThanOrEqual(0);
    expect(channel.subarray(at, at + wanted.length)).toEqual(wanted);
  }

  /** Sidecars of the recorder that is to die. */
  function mortalRecordings(): string[] {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFileSync(join(directory, name), 'utf8'));
  }
});
