import { header } from '../../../src/engine/message';
import { Rig, SDP } from '../support/rig';

describe('a dialog that the peer has lost', () => {
  const placed = () => {
    const rig = new Rig();
    return { rig, ...rig.placedCall() };
  };
  const ask = (rig: Rig, dialogId: string, method: string) => {
    rig.app.inDialog(method, dialogId, { body: method === 'INVITE' ? SDP : '' });
    return rig.sentRequest(method);
  };

  test.each(['INVITE', 'UPDATE', 'INFO'])('by its 481 to %s is ended', (method) => {
    const { rig, dialogId } = placed();
    rig.answer(ask(rig, dialogId, method), 481);
    expect(rig.app.answer.message.status).toBe(481);
    rig.said();
    rig.clock.advance(500);
    expect(rig.said()).toEqual(['BYE']);
    expect(rig.app.unsolicitedByes).toMatchObject([{ dialogId }]);
    expect(header(rig.app.unsolicitedByes[0]!.message, 'Reason')).toContain('unknown to the peer');
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('is ended by its application, when that has a mind to, and then by nobody else', () => {
    const { rig, dialogId } = placed();
    rig.answer(ask(rig, dialogId, 'INVITE'), 481);
    rig.said();
    expect(rig.app.inDialog('BYE', dialogId)).toMatchObject([{ kind: 'request-sent' }]);
    rig.clock.advance(500);
    rig.answer(rig.sentRequest('BYE'), 481);
    rig.clock.advance(64_000);
    expect(rig.said()).toEqual([]);
    expect(rig.app.unsolicitedByes).toEqual([]);
    expect(rig.agent.stats().dialogs).toBe(0);
    expect(rig.clock.pending).toBe(0);
  });

  test.each(['OPTIONS', 'MESSAGE', 'NOTIFY', 'REFER', 'PRACK'])(
    'does not show by a 481 to %s, which is not of the session',
    (method) => {
      const { rig, dialogId } = placed();
      rig.answer(ask(rig, dialogId, method), 481);
      rig.clock.advance(64_000);
      expect(rig.said()).toEqual([]);
      expect(rig.agent.stats().dialogs).toBe(1);
    },
  );

  test('by 408 to INVITE is ended; 408 to anything else is an answer that came too late', () => {
    const { rig, dialogId } = placed();
    for (const method of ['UPDATE', 'INFO']) rig.answer(ask(rig, dialogId, method), 408);
    rig.clock.advance(64_000);
    expect(rig.agent.stats().dialogs).toBe(1);
    rig.answer(ask(rig, dialogId, 'INVITE'), 408);
    rig.clock.advance(500);
    expect(rig.said().at(-1)).toBe('BYE');
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test.each([
    ['INVITE', 0],
    ['UPDATE', 0],
    ['INFO', 1],
  ])('by silence to %s: %i dialogs are left', (method, left) => {
    const { rig, dialogId } = placed();
    ask(rig, dialogId, method);
    rig.clock.advance(32_000);
    expect(rig.app.answer.message.status).toBe(408);
    rig.clock.advance(500);
    expect(rig.app.unsolicitedByes).toHaveLength(1 - left);
    expect(rig.agent.stats().dialogs).toBe(left);
  });

  test('that cannot be reached for a moment goes on', async () => {
    const { rig, dialogId } = placed();
    rig.network.dead.add('192.0.2.20:5060');
    rig.app.inDialog('INVITE', dialogId, { body: SDP });
    await Promise.resolve();
    expect(rig.app.answer.message.status).toBe(503);
    rig.clock.advance(64_000);
    expect(rig.agent.stats().dialogs).toBe(1);
  });

  test('that never was, early: 481 to its UPDATE leaves the INVITE alone', () => {
    const rig = new Rig();
    rig.app.send('INVITE', 'sip:callee@192.0.2.20', { body: SDP });
    const invite = rig.sentRequest('INVITE');
    rig.answer(invite, 183, { body: SDP });
    rig.answer(ask(rig, rig.app.answer.ids.dialogId, 'UPDATE'), 481);
    rig.clock.advance(500);
    expect(rig.said()).toEqual([]);
    rig.answer(invite, 200);
    expect(rig.app.answer.message.status).toBe(200);
  });

  test('of a subscription ends with the NOTIFY that it does not know or answer', () => {
    for (const answer of [481, undefined]) {
      const rig = new Rig();
      rig.arrive('SUBSCRIBE', { headers: ['Event: x', 'Expires: 600'] });
      rig.app.respond(202, { headers: ['Expires: 600'] });
      const notify = ask(rig, 'call-1;from-tag=peer-tag', 'NOTIFY');
      if (answer) rig.answer(notify, answer);
      else rig.clock.advance(32_000);
      expect(rig.agent.stats().dialogs).toBe(0);
    }
  });
});

describe('a call that the engine ends', () => {
  test('is over for its application, too, when the BYE cannot leave', async () => {
    const rig = new Rig();
    rig.arrive('INVITE', { body: SDP, contact: '<sip:peer@nowhere.example>' });
    rig.app.respond(200, { body: SDP });
    const { dialogId } = rig.app.last.ids;
    rig.clock.advance(32_000);
    await new Promise(setImmediate);
    expect(rig.said()).not.toContain('BYE');
    expect(rig.app.unsolicitedByes).toMatchObject([{ dialogId: 'call-1;from-tag=peer-tag' }]);
    expect(dialogId).toBe('');
  });
});
