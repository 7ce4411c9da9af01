import type { Endpoint, MediaLine } from '../../../src/media';
import { parseTelephoneEvent } from '../../../src/media';
import type { Party } from '../support/party';
import { BACKENDS, Stage } from '../support/plane';

const BIND = { a: '127.0.0.1', b: '127.0.0.1' };
const EVENT = 101;

describe.each(BACKENDS)('digits on a line on the %s backend', (backend) => {
  let stage: Stage;
  let line: MediaLine;
  let caller: Party;
  let callee: Party;
  let recorder: Party;

  beforeAll(async () => {
    stage = await Stage.open(backend);
  });
  afterAll(() => stage.close());

  beforeEach(async () => {
    [caller, callee, recorder] = [
      await stage.party({ ssrc: 1 }),
      await stage.party({ ssrc: 2 }),
      await stage.party({ ssrc: 3 }),
    ];
    line = await stage.plane.open({
      callId: 'call',
      bind: BIND,
      clockRates: { 0: 8000, [EVENT]: 8000 },
    });
    stage.events.length = 0;
    line.expect('a', caller.endpoint);
    line.expect('b', callee.endpoint);
    const fork = await line.fork('a', { bind: '127.0.0.1' });
    fork.start(recorder.endpoint);
    line.listenForDigits('a', {
      formats: [{ payloadType: EVENT, clockRate: 8000 }],
      codes: ['*48'],
    });
  });
  afterEach(() => line.close());

  function press(party: Party, to: Endpoint, digit: number): void {
    const { timestamp } = party;
    for (const end of [0, 0, 0x80, 0x80, 0x80]) {
      party.speak(to, {
        payloadType: EVENT,
        timestamp,
        payload: Buffer.from([digit, end | 10, 3, 32]),
      });
    }
  }

  test('of a code are reported, and neither the other party nor a fork gets any of them', async () => {
    caller.speak(line.local.a);
    for (const digit of [10, 4, 8]) press(caller, line.local.a, digit);
    caller.speak(line.local.a);
    expect(await stage.event('code')).toEqual({
      kind: 'code',
      callId: 'call',
      lineId: line.id,
      side: 'a',
      code: '*48',
    });
    for (const ear of [callee.rtp, recorder.rtp]) {
      const [first, second] = [await ear.nextRtp(), await ear.nextRtp()];
      expect([first.payloadType, second.payloadType]).toEqual([0, 0]);
      expect(second.sequence - first.sequence).toBe(1);
      expect(second.timestamp - first.timestamp).toBe(160 * 16);
    }
  });

  test('of no code are sent on to both, newly timed', async () => {
    caller.speak(line.local.a);
    for (const digit of [10, 1]) press(caller, line.local.a, digit);
    for (const ear of [callee.rtp, recorder.rtp]) {
      let last = (await ear.nextRtp()).sequence;
      const digits: (string | undefined)[] = [];
      while (digits.filter((end) => end === '1').length < 3) {
        const { sequence, payloadType, payload } = await ear.nextRtp();
        expect([payloadType, sequence - last]).toEqual([EVENT, 1]);
        last = sequence;
        const event = parseTelephoneEvent(payload)!;
        if (event.end) digits.push(event.digit);
      }
      expect(digits).toEqual(['*', '*', '*', '1', '1', '1']);
    }
  });

  test('of the other party pass as they are', async () => {
    callee.speak(line.local.b);
    for (const digit of [10, 4, 8]) press(callee, line.local.b, digit);
    for (let packet = 0; packet < 16; packet++) {
      expect((await caller.rtp.nextRtp()).sequence).toBe(1000 + packet);
    }
    expect(stage.events.some(({ kind }) => kind === 'code')).toBe(false);
  });
});
