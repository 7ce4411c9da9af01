import { silentLog } from '../../src/core';
import { connectAgent, type Dialog, type IncomingInvite, type SipAgent } from '../../src/ua';
import {
  FakeDrachtio,
  type Frame,
  fromNetwork,
  madeUp,
  refused,
  sentRequest,
  sentResponse,
  sip,
} from './fake-drachtio';

const FROM = 'From: "Alice" <sip:alice@127.0.0.1>;tag=ft';
const DIALOG = 'call-1;from-tag=ft';
const INVITE = sip('INVITE sip:bob@127.0.0.1:5060 SIP/2.0', [
  'Via: SIP/2.0/UDP 127.0.0.1:5081;branch=z9hG4bK1',
  FROM,
  't: <sip:bob@127.0.0.1>',
  'Call-ID: call-1',
  'CSeq: 1 INVITE',
  'Contact: <sip:alice@127.0.0.1:5081>',
  'Supported: replaces, 100rel',
  'Warning: 399 a "one, two"',
  'Warning: 399 b "three"',
]);

function inDialog(method: string, cseq = 2, body = ''): string {
  return sip(
    `${method} sip:b@127.0.0.1 SIP/2.0`,
    [FROM, 'To: <sip:bob@127.0.0.1>;tag=tt', 'Call-ID: call-1', `CSeq: ${cseq} ${method}`],
    body,
  );
}

function ok(status = 200, extra: string[] = []): string {
  return sip(`SIP/2.0 ${status} OK`, [
    FROM,
    'To: <sip:bob@127.0.0.1>;tag=tt',
    'Call-ID: call-1',
    'CSeq: 1 INVITE',
    'Contact: <sip:b@127.0.0.1>',
    ...extra,
  ]);
}

describe('a sip agent', () => {
  let engine: FakeDrachtio;
  let agent: SipAgent;

  beforeEach(async () => {
    engine = await FakeDrachtio.start();
    agent = await connectAgent(
      { kind: 'tcp', host: '127.0.0.1', port: engine.port, secret: 'cymru' },
      { log: silentLog, userAgent: 'twintrack-test' },
    );
  });

  afterEach(async () => {
    await agent.close();
    await engine.stop();
  });

  function nextInvite(): Promise<IncomingInvite> {
    return new Promise((resolve) => {
      agent.onInvite = resolve;
    });
  }

  async function answeredCall(): Promise<{ dialog: Dialog; invite: IncomingInvite }> {
    const arrived = nextInvite();
    engine.say(fromNetwork('t1', '', INVITE));
    const invite = await arrived;
    const accepted = invite.accept({ body: 'v=0\r\n' });
    const frame = await engine.nextSip('SIP/2.0 200');
    engine.say(sentResponse(frame, DIALOG, ok()));
    return { dialog: await accepted, invite };
  }

  it('knows where the engine listens', () => {
    expect(agent.listening).toEqual(['udp/127.0.0.1:5060', 'tcp/127.0.0.1:5060']);
  });

  it('reads repeated headers apart and joined, and compact names by their long ones', async () => {
    const arrived = nextInvite();
    engine.say(fromNetwork('t1', '', INVITE));
    const invite = await arrived;
    expect(invite.header('warning')).toBe('399 a "one, two", 399 b "three"');
    expect(invite.headers.filter(({ name }) => name === 'Warning')).toHaveLength(2);
    expect(invite.header('To')).toBe('<sip:bob@127.0.0.1>');
    expect(invite.supportsReliableProvisionals).toBe(true);
    expect(invite.source).toEqual({ protocol: 'udp', address: '127.0.0.1', port: 5081 });
    expect(invite.receivedOn).toBe('127.0.0.1:5060');
  });

  it('sends a status that drachtio-srf does not know, and repeats a header by lines', async () => {
    const arrived = nextInvite();
    engine.say(fromNetwork('t1', '', INVITE));
    const invite = await arrived;
    void invite.reject(607, {
      headers: { 'WWW-Authenticate': ['Digest realm="a", nonce="1"', 'Digest realm="b"'] },
    });
    const frame = await engine.nextSip('SIP/2.0 607');
    expect(frame.sip).toMatch(/^SIP\/2.0 607 Unwanted\r\n/);
    expect(frame.sip.match(/^www-authenticate: Digest/gim)).toHaveLength(2);
  });

  it('does not let a value bring a header of its own', async () => {
    const arrived = nextInvite();
    engine.say(fromNetwork('t1', '', INVITE));
    const invite = await arrived;
    void invite.reject(486, {
      reason: 'Busy\r\nX-Evil: 1',
      headers: { Subject: 'a\r\nX-Evil: 2', 'X\r\nX-Evil': '3' },
    });
    const frame = await engine.nextSip('SIP/2.0 486');
    expect(frame.sip).not.toMatch(/^X-Evil/im);
  });

  it('hears the ACK that comes in the same read as the echo of its 200', async () => {
    const arrived = nextInvite();
    engine.say(fromNetwork('t1', '', INVITE));
    const invite = await arrived;
    const accepted = invite.accept({ body: 'v=0\r\n' });
    const frame = await engine.nextSip('SIP/2.0 200');
    engine.say(
      sentResponse(frame, DIALOG, ok()),
      fromNetwork('t2', DIALOG, inDialog('ACK', 1, 'v=0\r\nanswer')),
    );
    const dialog = await accepted;
    const ack = await new Promise<string>((resolve) => {
      dialog.onAck = (message) => resolve(message.body);
    });
    expect(ack).toBe('v=0\r\nanswer');
    expect(dialog.localTag).toBe('tt');
    expect(dialog.remoteTag).toBe('ft');
  });

  it('hears the CANCEL that comes in the same read as its re-INVITE and the echo of its 200', async () => {
    const arrived = nextInvite();
    engine.say(fromNetwork('t1', '', INVITE));
    const invite = await arrived;
    const accepted = invite.accept({ body: 'v=0\r\n' });
    const frame = await engine.nextSip('SIP/2.0 200');
    engine.say(
      sentResponse(frame, DIALOG, ok()),
      fromNetwork('t2', DIALOG, inDialog('ACK', 1)),
      fromNetwork('t3', DIALOG, inDialog('INVITE', 2, 'v=0\r\noffer')),
      fromNetwork('t3', DIALOG, inDialog('CANCEL', 2)),
    );
    const dialog = await accepted;
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      dialog.onReinvite = (request) => {
        order.push(request.body);
        request.onCancel = () => {
          order.push('CANCEL');
          resolve();
        };
      };
    });
    expect(order).toEqual(['v=0\r\noffer', 'CANCEL']);
  });

  it('hears the BYE that comes in the same read as the 200 to its INVITE', async () => {
    const outgoing = agent.invite({ uri: 'sip:bob@127.0.0.1:5070', body: 'v=0\r\n' });
    const frame = await engine.nextSip('INVITE');
    expect(frame.sip).toMatch(/^user-agent: twintrack-test/im);
    expect(frame.sip).toMatch(/^content-type: application\/sdp/im);
    engine.say(
      sentRequest(frame, 'u1', INVITE),
      fromNetwork('u1', DIALOG, ok()),
      fromNetwork('u2', DIALOG, inDialog('BYE')),
    );
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('not accepted');
    const ended = new Promise((resolve) => {
      final.dialog.onEnd = resolve;
    });
    final.ack();
    await engine.nextSip('ACK');
    expect(await ended).toMatchObject({ by: 'peer' });
    const answer = await engine.nextSip('SIP/2.0 200');
    expect(answer.fields[0]).toBe('u2');
  });

  it('holds its BYE back until the ACK to its 200 has come', async () => {
    const { dialog } = await answeredCall();
    const gone = dialog.bye({ Reason: 'SIP;cause=503' });
    const info = agent.request('OPTIONS', { uri: 'sip:x@127.0.0.1' });
    const options = await engine.nextSip('OPTIONS');
    expect(engine.frames.some((frame) => frame.sip.startsWith('BYE'))).toBe(false);
    engine.say(sentRequest(options, 'o1', inDialog('OPTIONS')), fromNetwork('o1', '', ok()));
    await info;
    engine.say(fromNetwork('t1', DIALOG, inDialog('ACK', 1)));
    const bye = await engine.nextSip('BYE');
    expect(bye.fields[1]).toBe(DIALOG);
    expect(bye.sip).toContain('SIP;cause=503');
    engine.say(sentRequest(bye, 'b1', inDialog('BYE')), fromNetwork('b1', '', ok()));
    await gone;
    await expect(dialog.request('INFO')).rejects.toMatchObject({ name: 'DialogGone' });
  });

  it('cancels an INVITE whose transaction the engine has not named yet', async () => {
    const outgoing = agent.invite({ uri: 'sip:bob@127.0.0.1:5070' });
    outgoing.cancel('SIP;cause=200');
    const frame = await engine.nextSip('INVITE');
    engine.say(sentRequest(frame, 'u1', INVITE));
    const cancel = await engine.nextSip('CANCEL');
    expect(cancel.fields[0]).toBe('u1');
    expect(cancel.sip).toContain('Reason: SIP;cause=200');
    engine.say(fromNetwork('u1', DIALOG, ok(487)));
    expect(await outgoing.final).toMatchObject({ kind: 'rejected', response: { status: 487 } });
  });

  it('turns what the engine cannot send into a 503', async () => {
    const outgoing = agent.invite({ uri: 'sip:nowhere' });
    const frame = await engine.nextSip('INVITE');
    engine.say(refused(frame, 'requested protocol/transport not available'));
    expect(await outgoing.final).toMatchObject({
      kind: 'rejected',
      response: { status: 503, reason: 'requested protocol/transport not available' },
    });
  });

  it('acknowledges a reliable provisional response and gets the answer to its PRACK', async () => {
    const outgoing = agent.invite({ uri: 'sip:bob@127.0.0.1:5070' });
    const status = new Promise<number | undefined>((resolve) => {
      outgoing.onProgress = async (progress) => {
        expect(progress.reliable).toBe(true);
        resolve((await progress.prack('v=0\r\n'))?.status);
      };
    });
    const frame = await engine.nextSip('INVITE');
    engine.say(
      sentRequest(frame, 'u1', INVITE),
      fromNetwork('u1', DIALOG, ok(183, ['Require: 100rel', 'RSeq: 7'])),
    );
    const prack = await engine.nextSip('PRACK');
    expect(prack.sip).toContain('RAck: 7 1 INVITE');
    engine.say(
      sentRequest(prack, 'p1', inDialog('PRACK')),
      fromNetwork('p1', DIALOG, ok()),
      fromNetwork('u1', DIALOG, ok(486)),
    );
    expect(await status).toBe(200);
    await outgoing.final;
  });

  it('delivers an UPDATE in an early dialog of either kind', async () => {
    const arrived = nextInvite();
    engine.say(fromNetwork('t1', '', INVITE));
    const invite = await arrived;
    const update = new Promise<string>((resolve) => {
      invite.onUpdate = (request) => {
        resolve(request.body);
        void request.respond(200, { body: 'v=0\r\n' });
      };
    });
    engine.say(fromNetwork('t2', DIALOG, inDialog('UPDATE', 2, 'v=0\r\nupdate')));
    expect(await update).toBe('v=0\r\nupdate');
    const answer = await engine.nextSip('SIP/2.0 200');
    expect(answer.fields[0]).toBe('t2');

    const outgoing = agent.invite({ uri: 'sip:bob@127.0.0.1:5070' });
    const other = new Promise<string>((resolve) => {
      outgoing.onUpdate = (request) => resolve(request.method);
    });
    const frame = await engine.nextSip('INVITE');
    const elsewhere = INVITE.replaceAll('call-1', 'call-2');
    engine.say(
      sentRequest(frame, 'u1', elsewhere),
      fromNetwork('u9', 'call-2;from-tag=ft', inDialog('UPDATE', 2).replaceAll('call-1', 'call-2')),
    );
    expect(await other).toBe('UPDATE');
    engine.say(fromNetwork('u1', 'call-2;from-tag=ft', ok(486)));
    await outgoing.final;
  });

  it('reports CANCEL with its Reason, and a reply after it fails without harm', async () => {
    const arrived = nextInvite();
    engine.say(fromNetwork('t1', '', INVITE));
    const invite = await arrived;
    const reason = new Promise((resolve) => {
      invite.onCancel = resolve;
    });
    const cancel = sip('CANCEL sip:bob@127.0.0.1 SIP/2.0', [
      FROM,
      'Call-ID: call-1',
      'CSeq: 1 CANCEL',
      'Reason: SIP;cause=200;text="Call completed elsewhere"',
    ]);
    engine.say(fromNetwork('t1', '', cancel));
    expect(await reason).toContain('completed elsewhere');
    const accepted = invite.accept({ body: 'v=0\r\n' });
    const frame = await engine.nextSip('SIP/2.0 200');
    engine.say(refused(frame, 'Response not sent due to unknown transaction'));
    await expect(accepted).rejects.toThrow('unknown transaction');
  });

  it('ends a dialog by the BYE that the engine made', async () => {
    const { dialog } = await answeredCall();
    const ended = new Promise((resolve) => {
      dialog.onEnd = resolve;
    });
    engine.say(madeUp(DIALOG, inDialog('BYE')));
    expect(await ended).toMatchObject({ by: 'engine' });
  });

  it('answers what nobody listens to as RFC 3261 asks', async () => {
    const replies: string[] = [];
    const ask = async (frame: string, method: string) => {
      engine.say(frame);
      const reply: Frame = await engine.next((one) => one.sip.startsWith('SIP/2.0'));
      replies.push(`${method} ${reply.sip.slice(8, 11)}`);
    };
    const outside = (method: string) =>
      fromNetwork(method, '', sip(`${method} sip:x SIP/2.0`, [FROM, 'To: <sip:x>', 'Call-ID: o']));
    await ask(outside('OPTIONS'), 'OPTIONS');
    await ask(outside('REGISTER'), 'REGISTER');
    await ask(outside('INVITE'), 'INVITE');
    await ask(fromNetwork('i', 'gone;from-tag=x', inDialog('INFO')), 'stray INFO');
    expect(replies).toEqual(['OPTIONS 200', 'REGISTER 405', 'INVITE 480', 'stray INFO 481']);
  });

  it('ends every dialog and every wait when the link is lost, and comes back', async () => {
    const { dialog } = await answeredCall();
    const ended = new Promise((resolve) => {
      dialog.onEnd = resolve;
    });
    const lost: boolean[] = [];
    const back = new Promise<void>((resolve) => {
      agent.onLinkLost = (is) => {
        lost.push(is);
        if (!is) resolve();
      };
    });
    const outgoing = agent.invite({ uri: 'sip:bob@127.0.0.1:5070' });
    await engine.nextSip('INVITE');
    engine.cut();
    expect(await ended).toMatchObject({ by: 'engine', message: undefined });
    expect(await outgoing.final).toMatchObject({ kind: 'rejected', response: { status: 503 } });
    await expect(dialog.request('INFO')).rejects.toMatchObject({ name: 'DialogGone' });
    await back;
    expect(lost).toEqual([true, false]);
    const after = agent.request('OPTIONS', { uri: 'sip:x@127.0.0.1' });
    const frame = await engine.nextSip('OPTIONS');
    engine.say(sentRequest(frame, 'o1', inDialog('OPTIONS')), fromNetwork('o1', '', ok()));
    expect((await after).status).toBe(200);
  });

  it.each([
    ['a frame of an unknown type', '12#abc|nonsense'],
    ['a length that is no number', 'xyz#abc'],
  ])('survives %s', async (_what, garbage) => {
    engine.raw(garbage);
    const back = new Promise<void>((resolve) => {
      agent.onLinkLost = (lost) => {
        if (!lost) resolve();
      };
    });
    if (garbage.startsWith('xyz')) await back;
    const after = agent.request('OPTIONS', { uri: 'sip:x@127.0.0.1' });
    const frame = await engine.nextSip('OPTIONS');
    engine.say(sentRequest(frame, 'o1', inDialog('OPTIONS')), fromNetwork('o1', '', ok()));
    expect((await after).status).toBe(200);
  });

  it('survives a handler that throws', async () => {
    agent.onRequest = () => {
      throw new Error('a bug');
    };
    engine.say(fromNetwork('x', '', sip('OPTIONS sip:x SIP/2.0', [FROM, 'Call-ID: o'])));
    const arrived = nextInvite();
    engine.say(fromNetwork('t1', '', INVITE));
    void (await arrived).reject(486);
    await engine.nextSip('SIP/2.0 486');
  });
});

it('rejects when the engine refuses the secret', async () => {
  const engine = await FakeDrachtio.start();
  const refusal = connectAgent(
    { kind: 'tcp', host: '127.0.0.1', port: engine.port, secret: 'wrong' },
    { log: silentLog, userAgent: 'x' },
  );
  await expect(refusal).rejects.toThrow('failed to authenticate');
  await engine.stop();
});
