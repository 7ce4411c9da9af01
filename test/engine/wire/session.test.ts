import { type Log, silentLog } from '../../../src/core';
import { toTag } from '../../../src/engine/message';
import { Control } from '../../../src/engine/wire';
import { bytesOf } from '../../../src/engine/wire/frame';
import type { Session } from '../../../src/engine/wire/session';
import { captureLog } from '../../support/captured-log';
import { local } from '../support/fake-network';
import { CountingIds } from '../support/ids';
import { Rig, SDP } from '../support/rig';

/** A rig whose application is at the other end of the control protocol. */
class Wire extends Rig {
  readonly frames: string[] = [];
  closed = false;
  readonly control: Control;
  readonly session: Session;
  #id = 0;

  constructor(takesAll = false, log: Log = silentLog) {
    super({ routes: [] });
    this.app.lose();
    this.control = new Control({
      agent: this.agent,
      secret: 'cymru',
      clock: this.clock,
      ids: new CountingIds(),
      log,
      contain: (action) => action(),
      ends: () => [
        { ...local('udp'), advertised: { address: '198.51.100.1', port: 5060 } },
        local('tcp'),
      ],
    });
    this.session = this.control.accept({
      peer: 'test',
      takesAll,
      write: (payload) => this.frames.push(bytesOf(payload).toString()),
      close: () => {
        this.closed = true;
      },
    });
  }

  /** Sends `type|fields` and gives what comes back at once, split at the first line end. */
  say(meta: string, message = ''): { meta: string[]; message: string }[] {
    const before = this.frames.length;
    this.#id += 1;
    this.session.receive(`id-${this.#id}|${meta}${message && `\r\n${message}`}`);
    return this.frames.slice(before).map(unframe);
  }

  known(): this {
    this.say('authenticate|cymru|');
    return this;
  }

  /** The last frame. */
  get last(): { meta: string[]; message: string } {
    return unframe(this.frames.at(-1) ?? '');
  }
}

function unframe(frame: string): { meta: string[]; message: string } {
  const payload = frame.slice(frame.indexOf('#') + 1);
  expect(Number(frame.split('#')[0])).toBe(Buffer.byteLength(payload));
  const end = payload.indexOf('\r\n');
  const meta = end < 0 ? payload : payload.slice(0, end);
  return { meta: meta.split('|'), message: end < 0 ? '' : payload.slice(end + 2) };
}

const TIME = /^\d\d:\d\d:\d\d\.\d{6}$/;
const UUID = /^[0-9a-f-]{36}$/;

describe('authentication', () => {
  test('tells where the engine listens and a version that applications take', () => {
    const [answer] = new Wire().say('authenticate|cymru|tagA,tagB');
    expect(answer?.meta).toEqual([
      expect.stringMatching(UUID),
      'response',
      'id-1',
      'OK',
      'udp/198.51.100.1:5060,tcp/192.0.2.10:5060',
      expect.stringMatching(/^v0\.9\.\d+/),
      'udp/192.0.2.10:5060,tcp/192.0.2.10:5060',
    ]);
  });

  test('needs no tags', () => {
    expect(new Wire().say('authenticate|cymru')[0]?.meta[3]).toBe('OK');
  });

  test('with a wrong secret is answered NO, and the connection closed', () => {
    const wire = new Wire();
    const [answer] = wire.say('authenticate|wrong|');
    expect(answer?.meta.slice(1)).toEqual(['response', 'id-1', 'NO', 'incorrect secret']);
    expect(wire.closed).toBe(true);
    expect(wire.say('authenticate|cymru|')).toEqual([]);
  });

  test.each(['route|options', 'ping', 'sip||', 'nonsense', 'proxy|x'])(
    'must come first: %s is answered NO, and the connection closed',
    (meta) => {
      const wire = new Wire();
      expect(wire.say(meta)[0]?.meta.slice(3)).toEqual(['NO', 'not authenticated']);
      expect(wire.closed).toBe(true);
      wire.arrive('OPTIONS');
      expect(wire.said()).toEqual(['503']);
    },
  );
});

describe('connection-level frames', () => {
  test('ping is answered pong', () => {
    expect(new Wire().known().say('ping')[0]?.meta.slice(3)).toEqual(['OK', 'pong']);
  });

  test('routes are taken in either case, and taken back one by one', () => {
    const wire = new Wire().known();
    for (const verb of ['INVITE', 'options', 'message']) {
      expect(wire.say(`route|${verb}`)[0]?.meta.slice(3)).toEqual(['OK']);
    }
    wire.say('remove_route|MESSAGE');
    wire.arrive('INVITE');
    wire.arrive('OPTIONS', { callId: 'o' });
    wire.arrive('MESSAGE', { callId: 'm' });
    expect(wire.said()).toEqual(['100', '405']);
  });

  test('routes without a verb, or too many, are refused', () => {
    const wire = new Wire().known();
    expect(wire.say('route|')[0]?.meta[3]).toBe('NO');
    for (let n = 0; n < 64; n++) wire.say(`route|verb${n}`);
    expect(wire.say('route|onemore')[0]?.meta[3]).toBe('NO');
  });

  test('an unknown type is refused and the connection kept', () => {
    const wire = new Wire().known();
    expect(wire.say('frobnicate')[0]?.meta.slice(3)).toEqual(['NO', 'unknown message type']);
    expect(wire.say('ping')[0]?.meta[3]).toBe('OK');
  });

  test('an application that takes everything gets it without asking, but what it declines', () => {
    const wire = new Wire(true).known();
    wire.arrive('OPTIONS');
    expect(wire.last.meta[1]).toBe('sip');
    wire.say('remove_route|options');
    wire.arrive('OPTIONS', { callId: 'other' });
    expect(wire.said()).toEqual(['405']);
  });
});

describe('frames to the application', () => {
  test('a request outside of dialogs says from where and on what it came', () => {
    const wire = new Wire(true).known();
    wire.arrive('INVITE', { body: SDP });
    const { meta, message } = wire.last;
    expect(meta).toEqual([
      expect.stringMatching(UUID),
      'sip',
      'network',
      expect.stringMatching(/^\d+$/),
      'udp',
      '192.0.2.20',
      '5060',
      expect.stringMatching(TIME),
      expect.stringMatching(UUID),
      '',
      '192.0.2.10',
      '5060',
      '',
    ]);
    expect(message).toMatch(/^INVITE sip:service@192\.0\.2\.10 SIP\/2\.0\r\n/);
    expect(message.endsWith(SDP)).toBe(true);
  });

  test('a request inside a dialog names the dialog, and no more', () => {
    const wire = new Wire(true).known();
    wire.arrive('INVITE');
    wire.say(`sip|${wire.last.meta[8]}|`, 'SIP/2.0 200 OK\r\n\r\n');
    wire.arrive('ACK', { toTag: toTag(wire.sentResponse(200)) ?? '' });
    expect(wire.last.meta).toHaveLength(11);
    expect(wire.last.meta[9]).toBe('call-1;from-tag=peer-tag');
    expect(wire.last.message).toMatch(/^ACK /);
  });

  test('CANCEL comes with the INVITE’s transaction', () => {
    const wire = new Wire(true).known();
    wire.arrive('INVITE', { branch: 'z9hG4bKi' });
    const transactionId = wire.last.meta[8];
    wire.arrive('CANCEL', { branch: 'z9hG4bKi' });
    expect(wire.last.meta.slice(8)).toEqual([transactionId, '', '']);
    expect(wire.last.message).toMatch(/^CANCEL /);
  });

  test('the echo of a response shows it as sent', () => {
    const wire = new Wire(true).known();
    wire.arrive('INVITE');
    const transactionId = wire.last.meta[8];
    const [echo] = wire.say(`sip|${transactionId}|`, 'SIP/2.0 180 Ringing\r\nX-Prog: 1\r\n\r\n');
    expect(echo?.meta.slice(1)).toEqual([
      'response',
      expect.any(String),
      'OK',
      'application',
      String(Buffer.byteLength(echo!.message)),
      'udp',
      '192.0.2.20',
      '5060',
      expect.stringMatching(TIME),
      transactionId,
      'call-1;from-tag=peer-tag',
      '',
      'Msg sent:',
      '',
    ]);
    expect(echo?.message).toMatch(/^SIP\/2\.0 180 Ringing\r\n[\s\S]*X-Prog: 1\r\n/);
  });

  test('the echo of a request names its transaction, and its answers come with it', () => {
    const wire = new Wire(true).known();
    const [echo] = wire.say('sip||', 'INVITE sip:callee@192.0.2.20 SIP/2.0\r\n\r\nv=0\r\n');
    expect(echo?.meta.slice(3)).toEqual([
      'OK',
      'application',
      String(Buffer.byteLength(echo!.message)),
      'udp',
      '192.0.2.10',
      '5060',
      expect.stringMatching(TIME),
      expect.stringMatching(UUID),
      'Msg sent:',
      '',
    ]);
    const transactionId = echo!.meta[10]!;
    wire.answer(wire.sentRequest('INVITE'), 200);
    expect(wire.last.meta[8]).toBe(transactionId);
    expect(wire.last.meta[9]).toMatch(/;from-tag=/);
  });

  test('a response made here has no bytes and no place', () => {
    const wire = new Wire(true).known();
    wire.say('sip||', 'OPTIONS sip:callee@192.0.2.20 SIP/2.0\r\n\r\n');
    wire.clock.advance(32_000);
    expect(wire.last.meta.slice(3, 7)).toEqual(['0', 'udp', '', '0']);
    expect(wire.last.message).toMatch(/^SIP\/2\.0 408 /);
  });

  test('a BYE of the engine’s own comes as unsolicited', () => {
    const wire = new Wire(true).known();
    wire.arrive('INVITE');
    wire.say(`sip|${wire.last.meta[8]}|`, 'SIP/2.0 200 OK\r\n\r\n');
    wire.clock.advance(32_000);
    const { meta, message } = wire.last;
    expect(meta[2]).toBe('application');
    expect(meta.slice(8)).toEqual(['unsolicited', 'call-1;from-tag=peer-tag', '']);
    expect(message).toMatch(/^BYE [\s\S]*Reason: SIP;cause=200;text="ACK timeout"/);
  });

  test('call records have their own types', () => {
    const wire = new Wire(true).known();
    for (const kind of ['attempt', 'start', 'stop']) wire.say(`route|cdr:${kind}`);
    wire.arrive('INVITE');
    expect(wire.last.meta.slice(1)).toEqual([
      'cdr:attempt',
      'network',
      expect.stringMatching(TIME),
    ]);
    const invite = unframe(wire.frames.at(-2)!);
    wire.say(`sip|${invite.meta[8]}|`, 'SIP/2.0 200 OK\r\n\r\n');
    expect(wire.last.meta.slice(1)).toEqual([
      'cdr:start',
      'application',
      expect.stringMatching(TIME),
      'uas',
    ]);
  });

  test('a proxied request is told of in `continue` frames, then `done`', () => {
    const wire = new Wire(true).known();
    wire.arrive('INVITE');
    const proxy = `proxy|${wire.last.meta[8]}||fullResponse||serial|1s|20s|sip:bob@192.0.2.51`;
    wire.say(proxy, 'INVITE sip:bob@192.0.2.51 SIP/2.0\r\n\r\n');
    wire.answer(wire.sentRequest('INVITE'), 200);
    const [told, done] = wire.frames.slice(-2).map(unframe);
    expect(told?.meta.slice(3)).toEqual([
      'OK',
      'network',
      expect.stringMatching(/^\d+$/),
      'udp',
      '192.0.2.20',
      '5060',
      expect.stringMatching(TIME),
      '',
      '',
      'continue',
    ]);
    expect(done?.meta.slice(3)).toEqual(['OK', 'done']);
  });
});

describe('frames of the application', () => {
  test('that answer nothing known are told so', () => {
    const wire = new Wire(true).known();
    const [answer] = wire.say('sip|nobody|', 'SIP/2.0 200 OK\r\n\r\n');
    expect(answer?.meta.slice(3)).toEqual(['NOK', 'Response not sent due to unknown transaction']);
    const [gone] = wire.say('sip||nobody', 'BYE sip:placeholder SIP/2.0\r\n\r\n');
    expect(gone?.meta[4]).toMatch(/unable to find dialog/);
  });

  test('with a response and no transaction close the connection', () => {
    const wire = new Wire(true).known();
    expect(wire.say('sip||', 'SIP/2.0 200 OK\r\n\r\n')[0]?.meta.slice(3)).toEqual([
      'NO',
      'transaction id missing',
    ]);
    expect(wire.closed).toBe(true);
  });

  test('cannot write lines into frames through what they are refused for', () => {
    const wire = new Wire(true).known();
    const [answer] = wire.say('sip||', 'INVITE a|b\rc SIP/2.0\r\n\r\n');
    expect(answer?.meta).toHaveLength(5);
    expect(answer?.meta[3]).toBe('NOK');
  });

  test('cannot add headers through header values', () => {
    const wire = new Wire(true).known();
    wire.say(
      'sip||',
      'OPTIONS sip:x@192.0.2.20 SIP/2.0\r\nX-A: b\rX-Evil: c\r\nbad name: d\r\n\r\n',
    );
    const { headers } = wire.sentRequest('OPTIONS');
    expect(headers.map(({ name }) => name)).not.toContain('X-Evil');
    expect(headers.map(({ name }) => name)).not.toContain('bad name');
  });

  test.each([
    '',
    '|',
    'sip',
    '|sip||',
    'x|sip',
    'x|sip||\r\n',
    'x|sip||\r\n\r\n',
    'x|sip|a|b|c|d|e\r\nFOO',
    'x|proxy',
    'x|proxy|a',
    'x|proxy|a|||||||\r\n',
    'x|route',
    'x|sip||d\r\nACK sip:x SIP/2.0',
    'x|sip||d\r\nCANCEL sip:x SIP/2.0',
    'x|sip|t|\r\nINVITE sip:x SIP/2.0',
    `${'x'.repeat(100)}|ping`,
  ])('of no sense harm nothing: %j', (payload) => {
    const wire = new Wire(true).known();
    wire.session.receive(payload);
    wire.session.receive(Buffer.from(payload));
    wire.arrive('OPTIONS');
    expect(['sip', 'response']).toContain(wire.last.meta[1]);
  });
});

describe('a lost connection', () => {
  test('ends what the application had', () => {
    const wire = new Wire(true).known();
    wire.arrive('INVITE');
    wire.said();
    wire.session.closed();
    expect(wire.said()).toEqual(['503']);
    expect(wire.control.sessions).toBe(0);
  });
});

describe('an application whose link ends', () => {
  test.each([
    ['lost', 40, 'when it leaves a call', true, false],
    ['gone', 30, 'when it leaves none', false, false],
    ['gone', 30, 'when we have ended it, whatever was still going on', true, true],
  ])('is said to be %s, at level %i, %s', (word, level, _when, leavesCall, dismissed) => {
    const captured = captureLog();
    const wire = new Wire(true, captured.log).known();
    if (leavesCall) wire.arrive('INVITE', { body: SDP });
    if (dismissed) wire.session.dismiss();
    wire.session.closed();
    expect(captured.events(`application ${word}`)).toMatchObject([{ level }]);
  });
});
