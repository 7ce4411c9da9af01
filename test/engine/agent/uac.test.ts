import { cseq, fromTag, header, headersNamed, topVia, toTag } from '../../../src/engine/message';
import { transactionOf } from '../support/fake-application';
import { Rig, SDP } from '../support/rig';

const CALLEE = 'sip:callee@192.0.2.20';

describe('a request of an application', () => {
  test('gets what the application leaves out', () => {
    const rig = new Rig();
    const [echo] = rig.app.send('INVITE', CALLEE, {
      headers: [
        'x-lower: 1',
        'p-foo-bar: 2',
        'user-to-user: 3',
        'X-Out: yes',
        'from: sip:1234@localhost',
      ],
      body: SDP,
    });
    const invite = rig.sentRequest('INVITE');
    expect(echo).toMatchObject({ kind: 'request-sent' });
    expect(header(invite, 'From')).toMatch(/^<sip:1234@192\.0\.2\.10:5060>;tag=\w+$/);
    expect(header(invite, 'To')).toBe(`<${CALLEE}>`);
    expect(header(invite, 'Contact')).toBe('<sip:192.0.2.10:5060>');
    expect(header(invite, 'Max-Forwards')).toBe('70');
    expect(header(invite, 'Content-Type')).toBe('application/sdp');
    expect(header(invite, 'Call-ID')).toBeTruthy();
    expect(invite.headers.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['x-lower', 'P-Foo-Bar', 'User-to-User', 'X-Out']),
    );
    expect(topVia(invite)).toMatchObject({ host: '192.0.2.10', port: 5060, rport: true });
  });

  test('keeps From, To, Call-ID, CSeq and Max-Forwards that the application gives', () => {
    const rig = new Rig();
    rig.app.send('OPTIONS', CALLEE, {
      headers: [
        'From: <sip:me@example.com>;tag=mine',
        'To: <sip:you@example.com>',
        'call-id: my-id',
        'cseq: 12 OPTIONS',
        'max-forwards: 5',
        'Via: SIP/2.0/UDP evil',
        'Route: <sip:evil;lr>',
      ],
    });
    const options = rig.sentRequest('OPTIONS');
    expect(fromTag(options)).toBe('mine');
    expect(header(options, 'To')).toBe('<sip:you@example.com>');
    expect(header(options, 'Call-ID')).toBe('my-id');
    expect(cseq(options)).toEqual({ seq: 12, method: 'OPTIONS' });
    expect(header(options, 'Max-Forwards')).toBe('5');
    expect(headersNamed(options, 'Route')).toEqual([]);
    expect(headersNamed(options, 'Via')).toHaveLength(1);
  });

  test('goes to the next hop named, without a Route header', () => {
    const rig = new Rig();
    rig.app.send('OPTIONS', 'sip:bob@example.com', { nextHop: 'sip:192.0.2.77:5082;lr' });
    const [{ message, to } = { message: undefined, to: undefined }] = rig.sent();
    expect(to).toMatchObject({ address: '192.0.2.77', port: 5082 });
    expect(message).toMatchObject({ uri: 'sip:bob@example.com' });
    expect(header(message!, 'Route')).toBeUndefined();
  });

  test.each([
    ['to no URI', 'nonsense', {}, /^invalid request-uri: /],
    ['to a telephone number without a next hop', 'tel:+123', {}, /^invalid request-uri: /],
    ['with a body of no type', CALLEE, { body: 'hello' }, /^missing content-type$/],
    ['to this engine', 'sip:me@192.0.2.10:5060', {}, /^can not send request to myself$/],
    [
      'over a transport there is none of',
      'sip:x@[2001:db8::1]',
      {},
      /^requested protocol\/transport not available$/,
    ],
  ])('%s is refused', (_, uri, options, text) => {
    const rig = new Rig();
    const [outcome] = rig.app.send('MESSAGE', uri, options);
    expect(outcome).toMatchObject({ kind: 'refused' });
    expect((outcome as { text: string }).text).toMatch(text);
    expect(rig.said()).toEqual([]);
  });

  test('that is never answered ends in 408, one that cannot be sent in 503', async () => {
    const rig = new Rig();
    const transactionId = transactionOf(rig.app.send('OPTIONS', CALLEE));
    rig.clock.advance(32_000);
    expect(rig.app.answer.message.status).toBe(408);
    expect(rig.app.answer.inbound).toBeUndefined();
    expect(rig.app.answer.ids).toEqual({ transactionId, dialogId: '' });
    rig.network.dead.add('192.0.2.20:5060');
    rig.app.send('OPTIONS', CALLEE);
    await Promise.resolve();
    expect(rig.app.answer.message.status).toBe(503);
    expect(rig.clock.pending).toBe(0);
  });

  test('over a transport we do not speak is refused in the words that applications compare', () => {
    const rig = new Rig();
    const reason = 'transport sctp is not supported';
    rig.network.names.set('sctp.example', { ok: false, reason, unsupported: true });
    expect(rig.app.send('OPTIONS', 'sip:x@sctp.example')).toEqual([
      { kind: 'refused', text: 'requested protocol/transport not available' },
    ]);
    rig.network.names.set('lost.example', { ok: false, reason: 'lost.example has no address' });
    expect(rig.app.send('OPTIONS', 'sip:x@lost.example')).toEqual([
      { kind: 'refused', text: 'next hop not found: lost.example has no address' },
    ]);
  });

  test('to a name waits for the resolver', async () => {
    const rig = new Rig();
    const outcomes = rig.app.send('OPTIONS', 'sip:x@nowhere.example');
    expect(outcomes).toEqual([]);
    await new Promise(setImmediate);
    expect(outcomes).toMatchObject([{ kind: 'refused' }]);
  });
});

describe('an INVITE of an application', () => {
  test('hears of provisional responses above 100 and of the 200, and acknowledges it', () => {
    const rig = new Rig();
    const transactionId = transactionOf(rig.app.send('INVITE', CALLEE, { body: SDP }));
    const invite = rig.sentRequest('INVITE');
    rig.answer(invite, 100);
    rig.answer(invite, 180);
    rig.answer(invite, 200, { body: SDP });
    expect(rig.app.responses.map(({ message }) => message.status)).toEqual([180, 200]);
    const { ids } = rig.app.answer;
    expect(ids.transactionId).toBe(transactionId);
    expect(ids.dialogId).toBe(`${header(invite, 'Call-ID')};from-tag=${fromTag(invite)}`);
    const [echo] = rig.app.inDialog('ACK', ids.dialogId);
    expect(echo).toMatchObject({ kind: 'request-sent' });
    const ack = rig.sentRequest('ACK');
    expect(ack.uri).toBe('sip:callee@192.0.2.20:5060');
    expect(cseq(ack)?.seq).toBe(cseq(invite)?.seq);
    expect(toTag(ack)).toBe('callee-tag');
    expect(topVia(ack)?.branch).not.toBe(topVia(invite)?.branch);
  });

  test('sends the answer of a delayed offer in its ACK, and its credentials again', () => {
    const rig = new Rig();
    rig.app.send('INVITE', CALLEE, { headers: ['Proxy-Authorization: Digest x'] });
    rig.answer(rig.sentRequest('INVITE'), 200, { body: SDP });
    rig.app.inDialog('ACK', rig.app.answer.ids.dialogId, { body: SDP });
    const ack = rig.sentRequest('ACK');
    expect(ack.body.toString()).toBe(SDP);
    expect(header(ack, 'Proxy-Authorization')).toBe('Digest x');
  });

  test('has a 2xx that comes again acknowledged by the engine', () => {
    const rig = new Rig();
    const { invite } = rig.placedCall();
    rig.answer(invite, 200, { body: SDP });
    expect(rig.said()).toEqual(['ACK']);
    expect(rig.app.responses).toHaveLength(1);
  });

  test('has its failures acknowledged by the engine, not by the application', () => {
    const rig = new Rig();
    rig.app.send('INVITE', CALLEE);
    rig.answer(rig.sentRequest('INVITE'), 486);
    expect(rig.said()).toEqual(['ACK']);
    const { dialogId } = rig.app.answer.ids;
    expect(rig.app.inDialog('ACK', dialogId)).toEqual([
      {
        kind: 'refused',
        text: 'Server error: ACK for non-success final response is automatically generated by server',
      },
    ]);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('answered by several forks keeps the first, and ends the others with ACK and BYE', () => {
    const rig = new Rig();
    rig.app.send('INVITE', CALLEE, { body: SDP });
    const invite = rig.sentRequest('INVITE');
    rig.answer(invite, 180, { tag: 'one' });
    rig.answer(invite, 180, { tag: 'two' });
    rig.answer(invite, 200, { tag: 'two', body: SDP });
    rig.app.inDialog('ACK', rig.app.answer.ids.dialogId);
    rig.said();
    rig.answer(invite, 200, { tag: 'one', body: SDP });
    expect(rig.said()).toEqual(['ACK', 'BYE']);
    expect(toTag(rig.network.departed.at(-1)!.message)).toBe('one');
    rig.answer(invite, 200, { tag: 'one', body: SDP });
    expect(rig.said()).toEqual(['ACK']);
    expect(rig.app.responses.map(({ message }) => message.status)).toEqual([180, 180, 200]);
    rig.app.inDialog('INFO', rig.app.answer.ids.dialogId);
    expect(toTag(rig.sentRequest('INFO'))).toBe('two');
  });

  test('not acknowledged by its application is acknowledged and ended by the engine', () => {
    const rig = new Rig();
    rig.app.send('INVITE', CALLEE, { body: SDP });
    rig.answer(rig.sentRequest('INVITE'), 200, { body: SDP });
    rig.clock.advance(32_000);
    expect(rig.said()).toEqual(['ACK', 'BYE']);
    expect(rig.app.unsolicitedByes).toHaveLength(1);
  });

  test('gets reliable provisional responses once, in order, and acknowledges them by PRACK', () => {
    const rig = new Rig();
    rig.app.send('INVITE', CALLEE, { body: SDP, headers: ['Supported: 100rel'] });
    const invite = rig.sentRequest('INVITE');
    const reliable = (rseq: number, tag = 'one') =>
      rig.answer(invite, 183, { tag, headers: ['Require: 100rel', `RSeq: ${rseq}`], body: SDP });
    reliable(7);
    reliable(7);
    reliable(9);
    reliable(40, 'two');
    expect(rig.app.responses).toHaveLength(2);
    const { dialogId } = rig.app.answer.ids;
    rig.app.inDialog('PRACK', dialogId, { headers: ['rack: 7 1 INVITE'] });
    const prack = rig.sentRequest('PRACK');
    expect(toTag(prack)).toBe('one');
    expect(header(prack, 'RAck')).toBe('7 1 INVITE');
    expect(cseq(prack)?.seq).toBe(2);
    rig.answer(prack, 200);
    expect(rig.app.answer.message.status).toBe(200);
    reliable(8);
    expect(rig.app.answer.message.status).toBe(183);
  });
});

describe('CANCEL by an application', () => {
  test('waits for a provisional response', () => {
    const rig = new Rig();
    const transactionId = transactionOf(rig.app.send('INVITE', CALLEE, { body: SDP }));
    const invite = rig.sentRequest('INVITE');
    const [echo] = rig.app.cancel(transactionId, { headers: ['Reason: SIP;cause=200'] });
    expect(echo).toMatchObject({ kind: 'request-sent' });
    expect(rig.said()).toEqual([]);
    rig.answer(invite, 100);
    const cancel = rig.sentRequest('CANCEL');
    expect(topVia(cancel)?.branch).toBe(topVia(invite)?.branch);
    expect(header(cancel, 'Reason')).toBe('SIP;cause=200');
    expect(header(cancel, 'CSeq')).toBe('1 CANCEL');
    rig.answer(cancel, 200);
    rig.answer(invite, 487);
    expect(rig.app.responses.map(({ message }) => message.status)).toEqual([487]);
    expect(rig.said()).toEqual(['ACK']);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('of what was never sent is refused, and so is a second one', () => {
    const rig = new Rig();
    expect(rig.app.cancel('nobody')).toEqual([
      { kind: 'refused', text: 'unable to cancel unknown transaction id: nobody' },
    ]);
    const transactionId = transactionOf(rig.app.send('INVITE', CALLEE));
    rig.app.cancel(transactionId);
    expect(rig.app.cancel(transactionId)).toMatchObject([{ kind: 'refused' }]);
  });

  test('crossed by a 200 ends in ACK, BYE and word of it', () => {
    const rig = new Rig();
    const transactionId = transactionOf(rig.app.send('INVITE', CALLEE, { body: SDP }));
    const invite = rig.sentRequest('INVITE');
    rig.answer(invite, 180);
    rig.app.cancel(transactionId);
    rig.answer(invite, 200, { body: SDP });
    expect(rig.app.answer.message.status).toBe(200);
    rig.said();
    rig.app.inDialog('ACK', rig.app.answer.ids.dialogId);
    expect(rig.said()).toEqual(['ACK', 'BYE']);
    expect(header(rig.app.unsolicitedByes[0]!.message, 'Reason')).toContain(
      'ACK-BYE due to cancel race condition',
    );
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('that brings no final response ends the INVITE with 487 after 64·T1', () => {
    const rig = new Rig();
    const transactionId = transactionOf(rig.app.send('INVITE', CALLEE));
    rig.answer(rig.sentRequest('INVITE'), 180);
    rig.app.cancel(transactionId);
    rig.clock.advance(32_000);
    expect(rig.app.answer.message.status).toBe(487);
    expect(rig.app.answer.ids.transactionId).toBe(transactionId);
  });

  test('keeps the INVITE from being tried elsewhere', () => {
    const rig = new Rig();
    const hops = ['192.0.2.31', '192.0.2.32'].map((address) => ({
      protocol: 'udp' as const,
      address,
      port: 5060,
      fixed: true,
    }));
    rig.network.names.set('two.example', { ok: true, hops });
    const transactionId = transactionOf(rig.app.send('INVITE', 'sip:x@two.example'));
    rig.app.cancel(transactionId);
    rig.clock.advance(32_000);
    expect(rig.app.answer.message.status).toBe(487);
    expect(rig.network.departed.every(({ to }) => to.address === '192.0.2.31')).toBe(true);
  });
});
