import { header, toTag } from '../../../src/engine/message';
import { FakeApplication, transactionOf } from '../support/fake-application';
import { Rig, SDP } from '../support/rig';

describe('requests and applications', () => {
  test('go round among the applications that asked for the verb, in any case', () => {
    const rig = new Rig({ routes: ['OPTIONS'] });
    const others = ['b', 'c'].map((name) => new FakeApplication(rig.agent, name));
    for (const other of others) rig.agent.router.add(other, 'options');
    for (let n = 0; n < 9; n++) rig.arrive('OPTIONS', { callId: `o${n}` });
    expect([rig.app, ...others].map(({ requests }) => requests.length)).toEqual([3, 3, 3]);
  });

  test('asking for a verb twice brings no more of it', () => {
    const rig = new Rig({ routes: ['options', 'options'] });
    const other = new FakeApplication(rig.agent, 'b');
    rig.agent.router.add(other, 'options');
    for (let n = 0; n < 4; n++) rig.arrive('OPTIONS', { callId: `o${n}` });
    expect(rig.app.requests).toHaveLength(2);
  });

  test('taking back a verb takes back that one only', () => {
    const rig = new Rig({ routes: ['invite', 'message'] });
    rig.agent.router.remove(rig.app, 'MESSAGE');
    rig.arrive('MESSAGE', { callId: 'm' });
    rig.arrive('INVITE');
    expect(rig.said()).toEqual(['405', '100']);
  });

  test('without any application get 503 with Retry-After', () => {
    const rig = new Rig();
    rig.app.lose();
    rig.arrive('INVITE');
    expect(header(rig.sentResponse(503), 'Retry-After')).toBeDefined();
  });

  test('nobody asked for get 405 with what is taken, methods of no RFC 501', () => {
    const rig = new Rig({ routes: ['invite', 'options'] });
    rig.arrive('REGISTER', { callId: 'r' });
    expect(header(rig.sentResponse(405), 'Allow')).toBe('INVITE, OPTIONS');
    rig.arrive('FROBNICATE', { callId: 'f' });
    expect(rig.said()).toEqual(['501']);
  });

  test('of methods of no RFC go to an application that takes everything', () => {
    const rig = new Rig();
    rig.arrive('FROBNICATE');
    rig.app.respond(200);
    expect(rig.said()).toEqual(['200']);
  });

  test('beyond the dialogs there may be are refused with 503', () => {
    const rig = new Rig({
      agent: { limits: { application: 30_000, ringing: 60_000, minSe: 90, legs: 1 } },
    });
    rig.arrive('INVITE');
    rig.arrive('INVITE', { callId: 'call-2' });
    expect(rig.said()).toEqual(['100', '503']);
  });

  test('beyond the transactions there may be are refused with 503, but retransmissions are not', () => {
    const rig = new Rig({ agent: { maxServerTransactions: 1 } });
    rig.arrive('OPTIONS', { branch: 'z9hG4bKo' });
    rig.app.respond(200);
    rig.arrive('OPTIONS', { callId: 'other' });
    rig.arrive('OPTIONS', { branch: 'z9hG4bKo' });
    expect(rig.said()).toEqual(['200', '503', '200']);
    expect(rig.agent.stats().transactions.overload).toBe(1);
  });

  test('that would open a call are refused with 503 while there is overload, and calls that were taken go on', () => {
    let overloaded = false;
    const rig = new Rig({ agent: { overloaded: () => overloaded } });
    rig.answeredCall();
    rig.said();
    overloaded = true;
    rig.arrive('INVITE', { callId: 'call-2', branch: 'z9hG4bKnew' });
    expect(header(rig.sentResponse(503), 'Retry-After')).toBe('10');
    rig.arrive('OPTIONS', { callId: 'call-3', branch: 'z9hG4bKopt' });
    rig.app.respond(200);
    expect(rig.said()).toEqual(['200']);
  });

  test('may not be answered inside somebody else’s dialog', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall();
    const other = new FakeApplication(rig.agent, 'b');
    expect(other.inDialog('BYE', dialogId)).toMatchObject([{ kind: 'refused' }]);
  });

  test('outside of dialogs that name a dialog by its Call-ID are sent inside it', () => {
    const rig = new Rig();
    const { dialogId } = rig.answeredCall();
    rig.app.send('INFO', 'sip:peer@192.0.2.20', {
      headers: [`Call-ID: ${dialogId.split(';')[0]}`],
    });
    expect(toTag(rig.sentRequest('INFO'))).toBe('peer-tag');
  });
});

describe('an engine that ends everything', () => {
  test('takes no new call while it does', () => {
    const rig = new Rig();
    rig.answeredCall();
    rig.agent.endAll();
    expect(rig.said()).toEqual(['BYE']);
    expect(rig.app.unsolicitedByes).toHaveLength(1);
    rig.arrive('INVITE', { callId: 'late' });
    expect(rig.said()).toEqual(['503']);
  });
});

describe('an application that is lost', () => {
  test('leaves no caller waiting: what it had not answered gets 503', () => {
    const rig = new Rig();
    rig.arrive('INVITE');
    rig.arrive('OPTIONS', { callId: 'o' });
    rig.app.lose();
    expect(rig.said()).toEqual(['100', '503', '503']);
    expect(rig.agent.stats()).toMatchObject({ dialogs: 0, waiting: 0, applications: 0 });
  });

  test('leaves no call hanging: what was answered gets BYE', () => {
    const rig = new Rig();
    rig.answeredCall();
    rig.placedCall();
    rig.app.lose();
    expect(rig.said()).toEqual(['BYE', 'BYE']);
    expect(rig.agent.stats().dialogs).toBe(0);
    expect(rig.app.unsolicitedByes).toEqual([]);
  });

  test('leaves no phone ringing: what it had called gets CANCEL, a late 200 ACK and BYE', () => {
    const rig = new Rig();
    rig.app.send('INVITE', 'sip:callee@192.0.2.20', { body: SDP });
    const invite = rig.sentRequest('INVITE');
    rig.answer(invite, 180);
    rig.app.lose();
    const cancel = rig.sentRequest('CANCEL');
    rig.answer(cancel, 200);
    rig.answer(invite, 200, { body: SDP });
    expect(rig.said()).toEqual(['ACK', 'BYE']);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('has a 200 not yet acknowledged ended after the ACK', () => {
    const rig = new Rig();
    rig.arrive('INVITE');
    rig.app.respond(200);
    const ok = rig.sentResponse(200);
    rig.app.lose();
    expect(rig.said()).toEqual([]);
    rig.arrive('ACK', { toTag: toTag(ok) ?? '' });
    expect(rig.said()).toEqual(['BYE']);
  });

  test('has a call given up whose name was still being looked up', async () => {
    const rig = new Rig();
    rig.app.send('INVITE', 'sip:callee@slow.example', { body: SDP });
    rig.app.lose();
    rig.network.names.set('slow.example', {
      ok: true,
      hops: [{ protocol: 'udp', address: '192.0.2.20', port: 5060, fixed: true } as never],
    });
    await new Promise(setImmediate);
    const invite = rig.sentRequest('INVITE');
    rig.answer(invite, 180);
    expect(rig.said()).toEqual(['CANCEL']);
    rig.answer(invite, 487);
    rig.clock.advance(64_000);
    expect(rig.agent.stats().dialogs).toBe(0);
    expect(rig.clock.pending).toBe(0);
  });

  test('hears nothing of answers to what it had sent', () => {
    const rig = new Rig();
    rig.app.send('OPTIONS', 'sip:callee@192.0.2.20');
    const options = rig.sentRequest('OPTIONS');
    rig.app.lose();
    rig.answer(options, 200);
    expect(rig.app.responses).toEqual([]);
    rig.clock.advance(64_000);
    expect(rig.clock.pending).toBe(0);
  });
});

describe('call records', () => {
  const recorded = () => {
    const rig = new Rig();
    for (const kind of ['attempt', 'start', 'stop']) rig.agent.router.add(rig.app, `cdr:${kind}`);
    const told = () =>
      rig.app.cdrs.map(({ kind, source, detail }) =>
        [kind, source, detail].filter(Boolean).join(' '),
      );
    return { rig, told };
  };

  test('tell of a call taken and ended by the peer', () => {
    const { rig, told } = recorded();
    const { toTag: tag } = rig.answeredCall();
    rig.arrive('BYE', { toTag: tag, cseq: 2 });
    expect(told()).toEqual([
      'attempt network',
      'start application uas',
      'stop network normal-release',
    ]);
  });

  test('tell of a call placed and ended by the application', () => {
    const { rig, told } = recorded();
    const { dialogId } = rig.placedCall();
    rig.app.inDialog('BYE', dialogId);
    rig.answer(rig.sentRequest('BYE'), 200);
    expect(told()).toEqual([
      'attempt application',
      'start network uac',
      'stop application normal-release',
    ]);
  });

  test('tell of a call cancelled and of one refused', () => {
    const { rig, told } = recorded();
    rig.arrive('INVITE', { branch: 'z9hG4bKi' });
    rig.arrive('CANCEL', { branch: 'z9hG4bKi' });
    rig.app.send('INVITE', 'sip:callee@192.0.2.20');
    rig.answer(rig.sentRequest('INVITE'), 486);
    expect(told()).toEqual([
      'attempt network',
      'stop network call-canceled',
      'attempt application',
      'stop network call-rejected',
    ]);
  });
});

describe('subscriptions', () => {
  test('of the peer are dialogs until the last NOTIFY', () => {
    const rig = new Rig();
    rig.arrive('SUBSCRIBE', { headers: ['Event: x', 'Expires: 60'] });
    const [echo] = rig.app.respond(202, { headers: ['Expires: 60'] });
    const dialogId = 'call-1;from-tag=peer-tag';
    expect(echo).toMatchObject({ ids: { dialogId } });
    rig.app.inDialog('NOTIFY', dialogId, {
      headers: ['subscription-state: terminated', 'event: x'],
    });
    const notify = rig.sentRequest('NOTIFY');
    expect(notify.uri).toBe('sip:peer@192.0.2.20:5060');
    rig.answer(notify, 200);
    expect(rig.agent.stats().dialogs).toBe(0);
  });

  test('of the application take a NOTIFY that overtakes the 200', () => {
    const rig = new Rig();
    const transactionId = transactionOf(
      rig.app.send('SUBSCRIBE', 'sip:callee@192.0.2.20', { headers: ['Event: x'] }),
    );
    const subscribe = rig.sentRequest('SUBSCRIBE');
    const [callId, fromTag] = [header(subscribe, 'Call-ID')!, header(subscribe, 'From')!];
    const localTag = /tag=(\w+)/.exec(fromTag)![1]!;
    rig.arrive('NOTIFY', {
      callId,
      fromTag: 'notifier',
      toTag: localTag,
      headers: ['Subscription-State: active'],
    });
    expect(rig.app.last.ids.dialogId).toBe(`${callId};from-tag=${localTag}`);
    rig.app.respond(200);
    rig.answer(subscribe, 200, { tag: 'notifier', headers: ['Expires: 60'] });
    expect(rig.app.answer.ids).toEqual({
      transactionId,
      dialogId: `${callId};from-tag=${localTag}`,
    });
    rig.clock.advance(60_000 + 32_000);
    expect(rig.agent.stats().dialogs).toBe(0);
  });
});
