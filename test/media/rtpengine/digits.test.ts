import { loggedDigit } from '../../../src/media/rtpengine/digit-log';
import { freePort } from '../../support/ports';
import type { Party } from '../support/party';
import { Stage, until } from './stage';

const EVENTS = { payloadType: 101, clockRate: 8000 };

describe('codes that are dialled through rtpengine', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  /** A telephone event of 100 ms: its beginning, and its end three times. */
  function press(party: Party, to: { rtpPort: number; address: string }, digit: string): void {
    const event = '0123456789*#'.indexOf(digit);
    party.timestamp += 1_600;
    const timestamp = party.timestamp;
    for (const [end, duration, marker] of [
      [0, 160, true],
      [0, 480, false],
      [0x80, 800, false],
      [0x80, 800, false],
      [0x80, 800, false],
    ] as const) {
      const payload = Buffer.from([event, end | 10, duration >> 8, duration & 0xff]);
      const packet = party.packet({ marker, timestamp, payloadType: 101, payload });
      party.rtp.send(packet, to.rtpPort, to.address);
    }
  }

  test('are told of, of the side that is listened to, and go to the other party as well', async () => {
    const port = await freePort();
    stage = await Stage.open({ digits: { host: '127.0.0.1', port } }, [
      { more: [`--dtmf-log-dest=127.0.0.1:${port}`] },
    ]);
    const { line, caller, callee } = await stage.call();
    line.describe({ clockRates: { 0: 8000, 101: 8000 } });
    line.listenForDigits('a', { formats: [EVENTS], codes: ['*48', '*49'] });
    await line.stats();
    for (const [party, end, digits] of [
      [callee, line.local.b, '*48'],
      [caller, line.local.a, '1*4*49'],
    ] as const) {
      for (const digit of digits) {
        press(party, end, digit);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    expect(await stage.event('code')).toEqual({
      kind: 'code',
      callId: 'call',
      lineId: line.id,
      side: 'a',
      code: '*49',
    });
    expect(stage.events).toHaveLength(1);
    await until('the callee has every digit', () => callee.rtp.received.length >= 6 * 5);
  });
});

describe('a report of a digit', () => {
  test.each([
    '',
    'null',
    '[]',
    '{"type":"DTMF"}',
    '{"type":"DTMF","callid":"c","source_tag":"f","event":1}',
    '{"type":"DTMF","callid":"c","source_tag":"a","event":16}',
    '{"type":"DTMF","callid":1,"source_tag":"a","event":1}',
    '{"type":"other","callid":"c","source_tag":"a","event":1}',
  ])('is not read from %j', (text) => {
    expect(loggedDigit(Buffer.from(text))).toBeUndefined();
  });
});
