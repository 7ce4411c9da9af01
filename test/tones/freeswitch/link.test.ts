import { createServer } from 'node:net';
import { VirtualClock } from '../../support/virtual-clock';
import { FreeswitchDouble } from './double';
import { FreeswitchStage, until } from './stage';

let stage: FreeswitchStage;
let clock: VirtualClock;

beforeEach(async () => {
  stage = await FreeswitchStage.open(['G729']);
  clock = new VirtualClock();
});
afterEach(() => stage.close());

const troubles = () => stage.captured.events('freeswitch unreachable');
const reasons = () => troubles().map(({ reason }) => reason);

describe('the link to FreeSWITCH', () => {
  test('is tried again after a second, and twice as late each time, up to a minute', async () => {
    stage.start({ secret: 'wrong' }, clock);
    for (let tries = 1; tries <= 8; tries++) {
      await until(() => troubles().length === tries);
      expect(stage.freeswitch.visits).toBe(tries);
      clock.advance(troubles()[tries - 1]!.againInMs as number);
    }
    expect(troubles().map(({ againInMs }) => againInMs)).toEqual(
      [1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => 1000 * seconds),
    );
    expect(new Set(reasons())).toEqual(new Set(['it refuses the secret']));
  });

  test('comes up when FreeSWITCH does, and again after it was lost', async () => {
    const port = stage.freeswitch.port;
    await stage.freeswitch.stop();
    const prompts = stage.start({ port }, clock);
    await until(() => troubles().length === 1);
    expect(reasons()[0]).toContain('ECONNREFUSED');
    expect(prompts.connected).toBe(false);

    const again = await FreeswitchDouble.start(['G729'], { port });
    clock.advance(1_000);
    await until(() => prompts.connected);
    again.drop();
    await until(() => !prompts.connected);
    expect(reasons()[1]).toBe('the connection was lost');
    clock.advance(1_000);
    await until(() => prompts.connected);
    expect(again.visits).toBe(2);
    prompts.close();
    await again.stop();
  });

  test('names the profile that FreeSWITCH has not got', async () => {
    stage.start({ profile: 'other' }, clock);
    await until(() => troubles().length === 1);
    expect(reasons()[0]).toContain('No other sip profile found');
  });

  test.each(['auth', 'sofia status'])('is given up when %s is never answered', async (command) => {
    stage.freeswitch.whims.mute.add(command);
    stage.start({}, clock);
    await until(() => stage.freeswitch.visits === 1);
    const waited = setInterval(() => clock.advance(1_000), 5);
    await until(() => troubles().length === 1);
    clearInterval(waited);
    expect(reasons()[0]).toMatch(/it does not answer|not ready/);
  });

  test('is made anew when FreeSWITCH has fallen silent', async () => {
    const prompts = stage.start({}, clock);
    await until(() => prompts.connected);
    clock.advance(90_000);
    expect(prompts.connected).toBe(false);
    expect(reasons()).toEqual(['it has fallen silent']);
    clock.advance(1_000);
    await until(() => prompts.connected);
  });

  test.each([
    ['Content-Type: %zz\n\n', 'what it says is not taken: URI malformed'],
    ['Content-Length: 3\nContent-Type: text/event-json\n\n{{{', 'JSON'],
  ])('is made anew when FreeSWITCH says %j', async (text, reason) => {
    const prompts = stage.start({}, clock);
    await until(() => prompts.connected);
    stage.freeswitch.say(text);
    await until(() => troubles().length === 1);
    expect(reasons()[0]).toContain(reason);
  });

  test('says so when the port of ours is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    stage.start({ listenPort: port }, clock);
    await until(() => troubles().length === 1);
    expect(reasons()[0]).toContain('EADDRINUSE');
    expect(stage.freeswitch.visits).toBe(0);
    await new Promise((resolve) => taken.close(resolve));
  });

  test('is closed while it is being made', async () => {
    const prompts = stage.start({}, clock);
    prompts.close();
    await until(() => stage.freeswitch.visits === 1);
    expect(prompts.connected).toBe(false);
    expect(troubles()).toEqual([]);
  });
});
