import { cseq, header, headersNamed, toTag } from '../../../src/engine/message';
import { Rig, SDP } from '../support/rig';

describe('a request of the peer inside a dialog', () => {
  test('goes to the application with the dialog and a transaction of its own', () => {
    const rig = new Rig();
    const { dialogId, toTag: tag } = rig.answeredCall();
    rig.arrive('INFO', { toTag: tag, cseq: 2 });
    expect(rig.app.last.ids.dialogId).toBe(dialogId);
    const [echo] = rig.app.respond(200, { headers: ['X-A: b'] });
    expect(echo).toMatchObject({ kind: 'response-sent', ids: { dialogId } });
    expect(header(rig.sentResponse(200), 'X-A')).toBe('b');
  });

  test('reaches the dialog of a call that the application placed', () => {
    const rig = new Rig();
    const { dialogId, invite, localTag } = rig.placedCall();
    rig.arrive('MESSAGE', {
      callId: header(invite, 'Call-ID') ?? '',
      fromTag: 'callee-tag',
      toTag: localTag,
    });
    expect(rig.app.last.ids.dialogId).toBe(dialogId);
  });

  test.each(['BYE', 'UPDATE', 'INFO', 'INVITE', 'PRACK', 'MESSAGE'])(
    'out of any dialog is answered 481: %s',
    (method) => {
      const rig = new Rig();
      rig.arrive(method, { toTag: 'unknown' });
      expect(rig.said()).toEqual(['481']);
      expect(rig.app.requests).toEqual([]);
    },
  );

  test.each(['BYE', 'UPDATE', 'INFO', 'PRACK'])(
    'without a To tag is answered 481: %s',
    (method) => {
      const rig = new Rig();
      rig.arrive(method);
      expect(rig.said()).toEqual(['481']);
    },
  );

  test('by a stranger who knows the tag of ours only is answered 481', () => {
    const rig = new Rig();
    const { toTag: tag } = rig.answeredCall();
    rig.arrive('BYE', { toTag: tag, fromTag: 'stranger', cseq: 2 });
    expect(rig.said()).toEqual(['481']);
    expect(rig.agent.stats().dialogs).toBe(1);
  });

  test('with a lower CSeq than one before is answered 500', () => {
    const rig = new Rig();
    const { toTag: tag } = rig.answeredCall();
    rig.arrive('INFO', { toTag: tag, cseq: 5 });
    rig.app.respond(200);
    rig.arrive('INFO', { toTag: tag, cseq: 4 });
    expect(rig.said()).toEqual(['200', '500']);
  });

  test('that no application answers in time gets 504, a BYE 200', () => {
    const rig = new Rig();
    const { toTag: tag } = rig.answeredCall();
    rig.arrive('INFO', { toTag: tag, cseq: 2 });
    rig.arrive('BYE', { toTag: tag, cseq: 3 });
    rig.clock.advance(30_000);
    expect(rig.said().sort()).toEqual(['200', '504']);
  });

  test('that an application has taken with 100 waits as long as its sender does', () => {
    const rig = new Rig();
    const { toTag: tag } = rig.answeredCall();
    rig.arrive('INFO', { toTag: tag, cseq: 2 });
    rig.clock.advance(4_000);
    rig.app.respond(100);
    rig.clock.advance(28_000);
    rig.app.respond(200);
    expect(rig.said()).toEqual(['100', '200']);
    rig.arrive('INFO', { toTag: tag, cseq: 3 });
    rig.app.respond(100);
    rig.clock.advance(32_000);
    expect(rig.said()).toEqual(['100', '504']);
  });

  test('a stray ACK is dropped', () => {
    const rig = new Rig();
    rig.arrive('ACK', { toTag: 'x' });
    rig.arrive('ACK', {});
    expect(rig.said()).toEqual([]);
    expect(rig.app.requests).toEqual([]);
  });
});

describe('BYE', () => {
  test('of the peer ends the dialog at once; the application answers it', () => {
    const rig = new Rig();
    const { dialogId, toTag: tag } = rig.answeredCall();
    rig.arrive('BYE', { toTag: tag, cseq: 2 });
    expect(rig.agent.stats().dialogs).toBe(0);
    expect(rig.app.last.ids.dialogId).toBe(dialogId);
    const [echo] = rig.app.respond(200);
    expect(echo).toMatchObject({ ids: { dialogId: '' } });
    expect(rig.said()).toEqual(['200']);
    expect(rig.app.inDialog('INFO', dialogId)).toEqual([
      { kind: 'refused', text: 'Server error: unable to find dialog for dialog id provided' },
    ]);
  });

  test('of the application ends the dialog when it is answered', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall();
    rig.app.inDialog('BYE', dialogId, { headers: ['Reason: Q.850;cause=16'] });
    const bye = rig.sentRequest('BYE');
    expect(bye.uri).toBe('sip:peer@192.0.2.20:5060');
    expect(cseq(bye)?.seq).toBe(1);
    expect(header(bye, 'Reason')).toBe('Q.850;cause=16');
    rig.answer(bye, 200);
    expect(rig.app.answer.message.status).toBe(200);
    expect(rig.app.answer.ids.dialogId).toBe(dialogId);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('of the application that is never answered ends the dialog too', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall();
    rig.app.inDialog('BYE', dialogId);
    rig.clock.advance(32_000);
    expect(rig.app.answer.message.status).toBe(408);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('of both sides at once is answered 200 on both, and told to nobody twice', () => {
    const rig = new Rig();
    const { dialogId, toTag: tag } = rig.answeredCall();
    rig.app.inDialog('BYE', dialogId);
    const bye = rig.sentRequest('BYE');
    const before = rig.app.requests.length;
    rig.arrive('BYE', { toTag: tag, cseq: 2 });
    expect(rig.said()).toEqual(['200']);
    expect(rig.app.requests).toHaveLength(before);
    rig.answer(bye, 481);
    expect(rig.app.answer.message.status).toBe(481);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('of the callee waits for the ACK to its 200', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP });
    rig.app.respond(200, { body: SDP });
    const ok = rig.sentResponse(200);
    const outcomes = rig.app.inDialog('BYE', 'call-1;from-tag=peer-tag');
    expect(rig.said()).toEqual([]);
    expect(outcomes).toEqual([]);
    rig.arrive('ACK', { toTag: toTag(ok) ?? '' });
    expect(rig.said()).toEqual(['BYE']);
    expect(outcomes).toHaveLength(1);
  });

  test('of the callee leaves after 64·T1 when no ACK comes, in place of the engine’s', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP });
    rig.app.respond(200, { body: SDP });
    rig.app.inDialog('BYE', 'call-1;from-tag=peer-tag');
    rig.clock.advance(32_000);
    expect(rig.said().filter((what) => what === 'BYE')).toHaveLength(1);
    expect(rig.app.unsolicitedByes).toEqual([]);
  });

  test('of the caller before the ACK ends the dialog and refuses the callee’s', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP });
    rig.app.respond(200, { body: SDP });
    const ok = rig.sentResponse(200);
    const outcomes = rig.app.inDialog('BYE', 'call-1;from-tag=peer-tag');
    rig.arrive('BYE', { toTag: toTag(ok) ?? '', cseq: 2 });
    expect(outcomes).toMatchObject([{ kind: 'refused' }]);
    rig.app.respond(200);
    rig.said();
    rig.clock.advance(64_000);
    expect(rig.said()).toEqual([]);
    expect(rig.clock.pending).toBe(0);
  });

  test('of the caller before any answer is a CANCEL to the application', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP });
    const { transactionId } = rig.app.last.ids;
    rig.app.respond(180);
    const ringing = rig.sentResponse(180);
    rig.arrive('BYE', { toTag: toTag(ringing) ?? '', cseq: 2, headers: ['Reason: SIP;cause=600'] });
    expect(rig.said()).toEqual(['200', '487']);
    expect(rig.app.last.message.method).toBe('CANCEL');
    expect(header(rig.app.last.message, 'Reason')).toBe('SIP;cause=600');
    expect(rig.app.last.ids.transactionId).toBe(transactionId);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('challenged by the peer may be sent again with credentials', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall();
    rig.app.inDialog('BYE', dialogId);
    rig.answer(rig.sentRequest('BYE'), 407);
    rig.app.inDialog('BYE', dialogId, { headers: ['Proxy-Authorization: Digest x'] });
    const again = rig.sentRequest('BYE');
    expect(cseq(again)?.seq).toBe(2);
    rig.answer(again, 200);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('challenged by the peer and not sent again ends the dialog after a while', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall();
    rig.app.inDialog('BYE', dialogId);
    rig.answer(rig.sentRequest('BYE'), 407);
    rig.clock.advance(32_000);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('of the application gives up its own re-INVITE first', () => {
    const rig = new Rig();
    const { dialogId } = rig.placedCall();
    rig.app.inDialog('INVITE', dialogId, { body: SDP });
    const reinvite = rig.sentRequest('INVITE');
    rig.answer(reinvite, 100);
    rig.app.inDialog('BYE', dialogId);
    expect(rig.said()).toEqual(['CANCEL', 'BYE']);
  });
});

describe('re-INVITE and UPDATE', () => {
  test('from the peer is answered, acknowledged, and moves the remote target', () => {
    const rig = new Rig();
    const { dialogId, toTag: tag } = rig.answeredCall();
    rig.arrive('INVITE', {
      toTag: tag,
      cseq: 2,
      body: SDP,
      contact: '<sip:moved@192.0.2.20:5070>',
    });
    const { transactionId } = rig.app.last.ids;
    expect(rig.app.last.ids.dialogId).toBe(dialogId);
    rig.app.respond(200, { body: SDP });
    expect(rig.said()).toEqual(['100', '200']);
    rig.arrive('ACK', { toTag: tag, cseq: 2 });
    expect(rig.app.last.message.method).toBe('ACK');
    expect(rig.app.last.ids.transactionId).not.toBe(transactionId);
    rig.app.inDialog('INFO', dialogId);
    expect(rig.sentRequest('INFO').uri).toBe('sip:moved@192.0.2.20:5070');
  });

  test('that the application refuses leaves the target and the dialog as they were', () => {
    const rig = new Rig();
    const { dialogId, toTag: tag } = rig.answeredCall();
    rig.arrive('INVITE', { toTag: tag, cseq: 2, contact: '<sip:moved@192.0.2.20:5070>' });
    rig.app.respond(488);
    rig.app.inDialog('INFO', dialogId);
    expect(rig.sentRequest('INFO').uri).toBe('sip:peer@192.0.2.20:5060');
  });

  test('cancelled by the peer leaves the dialog standing', () => {
    const rig = new Rig();
    const { dialogId, toTag: tag } = rig.answeredCall();
    rig.arrive('INVITE', { toTag: tag, cseq: 2, branch: 'z9hG4bKre' });
    rig.arrive('CANCEL', { toTag: tag, cseq: 2, branch: 'z9hG4bKre' });
    expect(rig.said()).toEqual(['100', '200', '487']);
    expect(rig.app.last.message.method).toBe('CANCEL');
    expect(rig.app.last.ids.dialogId).toBe(dialogId);
    expect(rig.agent.stats().dialogs).toBe(1);
  });

  test('of the application is sent with the dialog’s Contact and acknowledged by it', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall();
    rig.app.inDialog('INVITE', dialogId, { body: SDP });
    const reinvite = rig.sentRequest('INVITE');
    expect(header(reinvite, 'Contact')).toBe('<sip:192.0.2.10:5060>');
    rig.answer(reinvite, 200, { body: SDP });
    rig.app.inDialog('ACK', dialogId);
    const ack = rig.sentRequest('ACK');
    expect(cseq(ack)?.seq).toBe(cseq(reinvite)?.seq);
  });

  test('of both sides at once is answered 491', () => {
    const rig = new Rig();
    const { dialogId, toTag: tag } = rig.answeredCall();
    rig.app.inDialog('INVITE', dialogId, { body: SDP });
    rig.said();
    rig.arrive('INVITE', { toTag: tag, cseq: 2, body: SDP });
    rig.arrive('UPDATE', { toTag: tag, cseq: 3, body: SDP });
    expect(rig.said()).toEqual(['491', '491']);
  });

  test('of the peer before its last one is answered gets 500 with Retry-After', () => {
    const rig = new Rig();
    const { toTag: tag } = rig.answeredCall();
    rig.arrive('INVITE', { toTag: tag, cseq: 2, body: SDP });
    rig.said();
    rig.arrive('INVITE', { toTag: tag, cseq: 3, body: SDP });
    const late = rig.sentResponse(500);
    expect(Number(header(late, 'Retry-After'))).toBeLessThanOrEqual(10);
  });

  test('of the application while the peer’s is unanswered gets 491 without being sent', () => {
    const rig = new Rig();
    const { dialogId, toTag: tag } = rig.answeredCall();
    rig.arrive('INVITE', { toTag: tag, cseq: 2, body: SDP });
    rig.said();
    const [echo] = rig.app.inDialog('INVITE', dialogId, { body: SDP });
    expect(echo).toMatchObject({ kind: 'request-sent' });
    expect(rig.app.answer.message.status).toBe(491);
    expect(rig.said()).toEqual([]);
  });

  test('UPDATE crosses an early dialog once its first offer is answered', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP, headers: ['Supported: 100rel'] });
    const { transactionId } = rig.app.last.ids;
    rig.app.respond(183, { headers: ['Require: 100rel'], body: SDP });
    const progress = rig.sentResponse(183);
    const tag = toTag(progress) ?? '';
    rig.arrive('PRACK', {
      toTag: tag,
      cseq: 2,
      headers: [`RAck: ${header(progress, 'RSeq')} 1 INVITE`],
    });
    rig.app.respond(200);
    rig.arrive('UPDATE', { toTag: tag, cseq: 3, body: SDP });
    expect(rig.app.last.message.method).toBe('UPDATE');
    rig.app.respond(200, { body: SDP });
    const ok = rig.sentResponse(200);
    expect(header(ok, 'CSeq')).toBe('3 UPDATE');
    expect(header(ok, 'Contact')).toBe('<sip:192.0.2.10:5060>');
    rig.app.respond(200, { transactionId, body: SDP });
    expect(header(rig.sentResponse(200), 'CSeq')).toBe('1 INVITE');
  });

  test('UPDATE with an offer before the first one is answered gets 500', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP });
    rig.app.respond(180);
    const tag = toTag(rig.sentResponse(180)) ?? '';
    rig.arrive('UPDATE', { toTag: tag, cseq: 2, body: SDP });
    expect(header(rig.sentResponse(500), 'Retry-After')).toBeDefined();
    rig.arrive('UPDATE', { toTag: tag, cseq: 3 });
    expect(rig.app.last.message.method).toBe('UPDATE');
  });

  test('never acknowledged by the peer ends the dialog', () => {
    const rig = new Rig();
    const { toTag: tag } = rig.answeredCall();
    rig.arrive('INVITE', { toTag: tag, cseq: 2, body: SDP });
    rig.app.respond(200, { body: SDP });
    rig.clock.advance(32_000);
    expect(rig.app.unsolicitedByes).toHaveLength(1);
  });
});

describe('the route of a dialog', () => {
  const ROUTES = ['Record-Route: <sip:192.0.2.41;lr>, <sip:192.0.2.42;lr>'];

  test('is the callee’s Record-Route in order, and the caller’s in reverse', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall({ invite: { headers: ROUTES } });
    rig.app.inDialog('INFO', dialogId);
    const [first] = rig.sent();
    expect(headersNamed(first!.message, 'Route').map(({ value }) => value)).toEqual([
      '<sip:192.0.2.41;lr>',
      '<sip:192.0.2.42;lr>',
    ]);
    expect(first?.to.address).toBe('192.0.2.41');

    const placed = rig.placedCall({ ok: { headers: ROUTES, body: SDP } });
    rig.app.inDialog('INFO', placed.dialogId);
    const [second] = rig.sent();
    expect(headersNamed(second!.message, 'Route').map(({ value }) => value)).toEqual([
      '<sip:192.0.2.42;lr>',
      '<sip:192.0.2.41;lr>',
    ]);
    expect(second?.to.address).toBe('192.0.2.42');
  });

  test('with a strict router first puts it into the Request-URI, and the target last', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall({
      invite: { headers: ['Record-Route: <sip:192.0.2.41>, <sip:192.0.2.42;lr>'] },
    });
    rig.app.inDialog('INFO', dialogId);
    const info = rig.sentRequest('INFO');
    expect(info.uri).toBe('sip:192.0.2.41');
    expect(headersNamed(info, 'Route').map(({ value }) => value)).toEqual([
      '<sip:192.0.2.42;lr>',
      '<sip:peer@192.0.2.20:5060>',
    ]);
  });

  test('is copied into the responses that make the dialog', () => {
    const rig = new Rig();
    rig.arrive('INVITE', { headers: ROUTES });
    rig.app.respond(200);
    expect(header(rig.sentResponse(200), 'Record-Route')).toContain('192.0.2.41');
  });

  test('goes to where a peer behind NAT spoke from, though its Contact is private', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall({
      invite: { contact: '<sip:peer@10.1.1.1:5060>', from: '192.0.2.99:61000' },
    });
    rig.app.inDialog('INFO', dialogId);
    const [info] = rig.sent();
    // The ACK came from elsewhere and is the latest word.
    expect(info?.to).toMatchObject({ address: '192.0.2.20', port: 5060 });
    expect(info?.message).toMatchObject({ uri: 'sip:peer@10.1.1.1:5060' });
  });

  test('goes to a public Contact, wherever the peer spoke from', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall({
      invite: { contact: '<sip:peer@192.0.2.55:5062>', from: '192.0.2.99:61000' },
    });
    rig.app.inDialog('INFO', dialogId);
    expect(rig.sent()[0]?.to).toMatchObject({ address: '192.0.2.55', port: 5062 });
  });

  test('is the peer’s own stream where its Contact names its host and no transport', () => {
    const rig = new Rig();
    rig.arrive('INVITE', {
      protocol: 'tcp',
      from: '192.0.2.20:41000',
      contact: '<sip:192.0.2.20>',
    });
    rig.app.respond(200);
    const ok = rig.sentResponse(200);
    rig.arrive('ACK', { protocol: 'tcp', from: '192.0.2.20:41000', toTag: toTag(ok) ?? '' });
    rig.app.inDialog('BYE', 'call-1;from-tag=peer-tag');
    const [bye] = rig.sent();
    expect(bye?.to).toMatchObject({ protocol: 'tcp', port: 41_000, connection: 1 });
    expect(header(bye!.message, 'Via')).toMatch(/^SIP\/2\.0\/TCP /);
  });

  test('is the Contact’s where it names a transport, and the stream when that fails', async () => {
    const rig = new Rig();
    const contact = '<sip:192.0.2.20:5060;transport=tcp>';
    rig.arrive('INVITE', { protocol: 'tcp', from: '192.0.2.20:41000', contact });
    rig.app.respond(200);
    const ok = rig.sentResponse(200);
    rig.arrive('ACK', { protocol: 'tcp', from: '192.0.2.20:41000', toTag: toTag(ok) ?? '' });
    rig.app.inDialog('INFO', 'call-1;from-tag=peer-tag');
    expect(rig.sent()[0]?.to).toMatchObject({ protocol: 'tcp', port: 5060 });
    rig.network.dead.add('192.0.2.20:5060');
    rig.app.inDialog('INFO', 'call-1;from-tag=peer-tag');
    await Promise.resolve();
    expect(rig.sent()[0]?.to).toMatchObject({ protocol: 'tcp', port: 41_000 });
  });
});
