import { ConfiguredUsers, SettingsPolicy, type SettingsStore } from '../../../src/policy';
import { change, location, Office, organization, SMALL, user } from '../../policy/settings/support';
import { freePort } from '../../support/ports';
import type { House } from './house';
import { play } from './play';
import {
  awaitCall,
  call,
  callerSends,
  expectRequest,
  expectResponse,
  respond,
  respondInside,
  scenario,
  sdp,
} from './scenario';
import { sipp } from './sipp';

const TRYING = expectResponse(100, { optional: true });

const answering = scenario(
  awaitCall(),
  respond(200, 'OK', { body: sdp() }),
  expectRequest('ACK'),
  expectRequest('BYE'),
  respondInside(200, 'OK'),
);

const talking = scenario(
  call({ body: sdp() }),
  TRYING,
  expectResponse(200),
  callerSends('ACK', 1),
  callerSends('BYE', 2),
  expectResponse(200),
);

/** A phone that sends its calls elsewhere. */
const sending = (contact: string) =>
  scenario(
    awaitCall(),
    respond(302, 'Moved Temporarily', { headers: [`Contact: <${contact}>`] }).replace(
      /Contact: <sip:bob[^\n]*\n/,
      '',
    ),
    expectRequest('ACK'),
  );

describe('a phone that answers 302, where the route follows it', () => {
  let office: Office;
  let store: SettingsStore;
  let house: House | undefined;

  beforeEach(async () => {
    office = new Office();
    store = await office.open();
    // SIPp calls 100.
    await change(store, [
      ...SMALL,
      organization({ mode: 'always', voicemailNumbers: ['8000'] }),
      user('alice', { numbers: ['100'] }),
      user('bob', { numbers: ['200'], mode: 'on-demand' }),
      user('carol', { numbers: ['300'] }),
    ]);
  });
  afterEach(async () => {
    await house?.close();
    await office.tearDown();
  });

  async function redirectedTo(number: string) {
    const port = await freePort();
    const elsewhere = await sipp({ scenario: answering, port });
    house = await play({
      caller: talking,
      callee: sending(`sip:${number}@127.0.0.1:${port}`),
      redirects: 'follow',
      policy: new SettingsPolicy(store, new ConfiguredUsers([])),
    });
    expect((await elsewhere.done).code).toBe(0);
    const [record] = house.records;
    expect(record!.attempts.map(({ status }) => status)).toEqual([302, 200]);
    return record!.recordings.map(({ user: who, because }) => `${who}: ${because}`);
  }

  it('to voicemail is recorded only where that is wanted', async () => {
    expect(await redirectedTo('8000')).toEqual([]);
  });

  it('to voicemail is recorded for whom it was meant, where that is wanted', async () => {
    await change(store, [location('Kyiv', { recordVoicemail: true })]);
    expect(await redirectedTo('8000')).toEqual(['alice: organization: mode always']);
  });

  it('to another user is recorded as that user’s calls are', async () => {
    expect(await redirectedTo('300')).toEqual(['carol: organization: mode always']);
  });

  it('to another user who starts recordings by hand is not recorded before that', async () => {
    expect(await redirectedTo('200')).toEqual([]);
  });
});
