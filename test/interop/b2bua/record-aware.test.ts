import { randomIds, SystemClock, silentLog } from '../../../src/core';
import type { RecordingMode } from '../../../src/policy';
import { createRecordingClient } from '../../../src/siprec';
import type { Dialog, Headers, IncomingRequest } from '../../../src/ua';
import { until } from './ear';
import { House } from './house';
import { audio, Party } from './party';

const AWARE = 'record-aware, replaces';
const UPDATES = 'INVITE, ACK, BYE, CANCEL, UPDATE, INFO';

/** A phone in a call: what it was told, and how. */
class Phone {
  /** Method and a=record of each offer, and of each answer. */
  readonly told: string[] = [];
  readonly bodies: string[] = [];
  /** What it answers to an offer; 200 with the usual when there is nothing. */
  readonly answers: Array<(request: IncomingRequest) => void> = [];
  dialog!: Dialog;
  #version = 1;

  constructor(readonly headers: Headers) {}

  hear(what: string, body: string): void {
    this.bodies.push(body);
    this.told.push(`${what} ${markIn(body)}`);
  }

  listen(dialog: Dialog): void {
    this.dialog = dialog;
    const take = (request: IncomingRequest) => {
      this.hear(request.method, request.body);
      const answer = this.answers.shift();
      if (answer) answer(request);
      else
        void request.respond(200, {
          body: audio('sendrecv', ++this.#version),
          headers: this.headers,
        });
    };
    dialog.onReinvite = take;
    dialog.onUpdate = take;
  }

  /** re-INVITE with these lines more; resolves with what the answer says. */
  async reinvite(lines: readonly string[], direction = 'sendrecv'): Promise<string> {
    const body = audio(direction, ++this.#version) + lines.map((line) => `${line}\r\n`).join('');
    const final = await this.dialog.reinvite({ body, headers: this.headers });
    if (final.kind === 'accepted') final.ack();
    return `${final.response.status} ${markIn(final.response.body)}`;
  }
}

function markIn(body: string): string {
  const marks = [...body.slice(body.indexOf('m=')).matchAll(/^a=record:(\S+)/gm)].map(
    ([, one]) => one,
  );
  return `${marks.join() || '-'}${body.includes('recordpref') ? ' PREF' : ''}`;
}

function version(body: string): number {
  return Number(/^o=\S+ \S+ (\d+)/m.exec(body)?.[1]);
}

describe('record-aware phones', () => {
  let alice: Party;
  let bob: Party;
  let recorder: Party;
  let house: House;
  let recorderTakes: number;

  beforeEach(async () => {
    recorderTakes = 200;
    [alice, bob, recorder] = await Promise.all([Party.open(), Party.open(), Party.open()]);
  });

  afterEach(async () => {
    await house.close();
    await Promise.all([alice.close(), bob.close(), recorder.close()]);
  });

  /** Answers every session as it is offered. */
  async function takeSessions(): Promise<void> {
    for (;;) {
      const invite = await recorder.nextCall();
      if (recorderTakes !== 200) {
        void invite.reject(recorderTakes);
        continue;
      }
      const answer = (request: { readonly body: string }) => {
        const lines = [...request.body.matchAll(/^m=audio|^a=(?:sendonly|inactive)/gm)].map(
          ([one]) => one,
        );
        return [
          ...['v=0', 'o=srs 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
          ...lines.map((line) => {
            if (line.startsWith('m=')) return 'm=audio 4444 RTP/AVP 0';
            return line === 'a=inactive' ? line : 'a=recvonly';
          }),
          '',
        ].join('\r\n');
      };
      const dialog = await invite.accept({
        body: answer(invite),
        headers: { Contact: '<sip:srs@localhost>;+sip.srs' },
      });
      dialog.onReinvite = (request) => void request.respond(200, { body: answer(request) });
      dialog.onUpdate = (request) => void request.respond(200);
    }
  }

  /** Alice calls Bob, who is recorded in this mode; each with what the phone says of itself. */
  async function talk(
    mode: RecordingMode | undefined,
    {
      caller = { Supported: AWARE, Allow: UPDATES },
      callee = { Supported: AWARE, Allow: UPDATES },
      offer = [],
      answer = [],
    }: {
      caller?: Headers;
      callee?: Headers;
      offer?: readonly string[];
      answer?: readonly string[];
    } = {},
  ): Promise<{ alice: Phone; bob: Phone; invite: IncomingRequest }> {
    house = await House.open({
      targets: [bob.place],
      users: mode === undefined ? [] : [{ aor: 'sip:bob@127.0.0.1', mode }],
      recorder: (agent) => {
        const clock = new SystemClock();
        const client = createRecordingClient({ agent, clock, ids: randomIds, log: silentLog });
        const target = { name: 'srs', uri: `${recorder.place};transport=udp` };
        return { start: (request) => client.record([target], request) };
      },
      random: () => 0,
    });
    void takeSessions();
    const lines = (more: readonly string[]) => more.map((line) => `${line}\r\n`).join('');
    const [a, b] = [new Phone(caller), new Phone(callee)];
    const outgoing = alice.agent.invite({
      uri: `sip:bob@127.0.0.1:${house.port('udp')}`,
      headers: caller,
      body: audio() + lines(offer),
    });
    const incoming = await bob.nextCall();
    b.hear('INVITE', incoming.body);
    b.listen(await incoming.accept({ body: audio() + lines(answer), headers: callee }));
    const final = await outgoing.final;
    if (final.kind !== 'accepted') throw new Error('refused');
    a.listen(final.dialog);
    a.hear('200', final.response.body);
    final.ack();
    await until('the call is up', () => house.b2bua.calls()[0]?.state === 'talking');
    return { alice: a, bob: b, invite: incoming };
  }

  async function over(phone: Phone): Promise<void> {
    await phone.dialog.bye();
    await house.empty();
  }

  it('are told in the answer, and in an UPDATE of our own, that the call is recorded', async () => {
    const { alice: a, bob: b, invite } = await talk('always');
    expect(a.told).toEqual(['200 on']);
    await until('Bob is told', () => b.told.length === 2);
    expect(b.told).toEqual(['INVITE -', 'UPDATE on']);
    expect(invite.header('supported')).toContain('record-aware');
    const [first, second] = b.bodies.map(version);
    expect(second).toBe(first! + 1);
    await over(a);
  });

  it('hear of a pause and its end, one after the other and each once', async () => {
    const { alice: a, bob: b } = await talk('always-pause-resume');
    await until('Bob is told', () => b.told.includes('UPDATE on'));
    const paused = await b.dialog.request('INFO', { headers: { Record: 'pause' } });
    expect(paused.status).toBe(200);
    await until('both are told', () => [a, b].every(({ told }) => told.includes('UPDATE paused')));
    await b.dialog.request('INFO', { headers: { Record: 'resume' } });
    await until('both are told', () => [a, b].every(({ told }) => told.at(-1) === 'UPDATE on'));
    expect(a.told).toEqual(['200 on', 'UPDATE paused', 'UPDATE on']);
    expect(b.told).toEqual(['INVITE -', 'UPDATE on', 'UPDATE paused', 'UPDATE on']);
    expect(a.bodies.map(version)).toEqual([1, 2, 3]);
    await over(b);
    expect(house.records[0]!.end.code).toBe(200);
  });

  it('pause by a=recordpref, and the answer says that it is so; the other end hears of it by itself', async () => {
    const { alice: a, bob: b } = await talk('always-pause-resume');
    await until('Bob is told', () => b.told.includes('UPDATE on'));
    expect(await b.reinvite(['a=recordpref:pause'])).toBe('200 paused');
    await until('Alice is told', () => a.told.at(-1) === 'UPDATE paused');
    // Hold, with the wish repeated: no command, and the truth in the answer.
    await house.b2bua.control(house.b2bua.calls()[0]!.id, undefined, 'resume');
    await until('Alice is told', () => a.told.at(-1) === 'UPDATE on');
    await until('Bob is told once more', () => b.told.length === 3);
    expect(b.told).toEqual(['INVITE -', 'UPDATE on', 'UPDATE on']);
    expect(await b.reinvite(['a=recordpref:pause'], 'sendonly')).toBe('200 on');
    expect(a.told.at(-1)).toBe('INVITE on');
    // Without a wish, and then with it again: that is a command.
    expect(await b.reinvite([])).toBe('200 on');
    expect(await b.reinvite(['a=recordpref:pause'])).toBe('200 paused');
    expect(await b.reinvite(['a=recordpref:on'])).toBe('200 on');
    expect(a.told.join()).not.toContain('PREF');
    await over(b);
    expect(
      house.records[0]!.controls.map(({ by, action, result }) => `${by} ${action} ${result}`),
    ).toEqual([
      'recordpref pause done',
      'api resume done',
      'recordpref pause done',
      'recordpref start done',
    ]);
  });

  it('are told the truth where the mode leaves them no say', async () => {
    const { alice: a, bob: b } = await talk('always');
    await until('Bob is told', () => b.told.includes('UPDATE on'));
    expect(await b.reinvite(['a=recordpref:pause'])).toBe('200 on');
    expect(await b.reinvite(['a=recordpref:off'])).toBe('200 on');
    expect(a.told).toEqual(['200 on']);
    await over(a);
    expect(house.records[0]!.controls.map(({ result }) => result)).toEqual([
      'forbidden',
      'forbidden',
    ]);
  });

  it('start and stop on demand; in the answer to the call, too', async () => {
    const { alice: a, bob: b } = await talk('on-demand', { answer: ['a=recordpref:on'] });
    expect(a.told).toEqual(['200 on']);
    await until('Bob is told', () => b.told.includes('UPDATE on'));
    expect(await b.reinvite(['a=recordpref:off'])).toBe('200 off');
    await until('Alice is told', () => a.told.at(-1) === 'UPDATE off');
    await over(a);
  });

  it('are told that nothing is recorded when no recorder takes it', async () => {
    recorderTakes = 503;
    const { alice: a, bob: b } = await talk('always');
    await until('both are told', () => [a, b].every(({ told }) => told.at(-1) === 'UPDATE off'));
    await over(a);
  });

  it('that do not say so hear nothing of it, and send their wishes in vain', async () => {
    const plain = { Supported: 'replaces', Allow: UPDATES };
    const { alice: a, bob: b } = await talk('always-pause-resume', { caller: plain });
    await until('Bob is told', () => b.told.includes('UPDATE on'));
    expect(a.told).toEqual(['200 -']);
    // Nobody is recorded on her side: what she wishes is for whoever else may record.
    expect(await a.reinvite(['a=recordpref:pause'])).toBe('200 -');
    expect(b.told.at(-1)).toBe('INVITE on PREF');
    await over(a);
    expect(house.records[0]!.controls).toEqual([]);
  });

  it('that do not allow UPDATE get a re-INVITE', async () => {
    const { alice: a, bob: b } = await talk('always', { callee: { Supported: AWARE } });
    await until('Bob is told', () => b.told.length === 2);
    expect(b.told).toEqual(['INVITE -', 'INVITE on']);
    await over(a);
  });

  it('that know no UPDATE although they allow it get a re-INVITE', async () => {
    const { alice: a, bob: b } = await talk('on-demand');
    b.answers.push((request) => void request.respond(501));
    await until('Bob is told', () => b.told.length === 3);
    expect(b.told).toEqual(['INVITE -', 'UPDATE off', 'INVITE off']);
    await over(a);
  });

  it('that decline it are left alone, until there is something else to tell', async () => {
    const { alice: a, bob: b } = await talk('always-pause-resume');
    await until('Bob is told', () => b.told.includes('UPDATE on'));
    b.answers.push((request) => void request.respond(488));
    await b.dialog.request('INFO', { headers: { Record: 'pause' } });
    await until('Bob is told', () => b.told.includes('UPDATE paused'));
    await until('Alice is told', () => a.told.includes('UPDATE paused'));
    await b.dialog.request('INFO', { headers: { Record: 'resume' } });
    await until('Bob is told', () => b.told.at(-1) === 'UPDATE on');
    expect(b.told).toEqual(['INVITE -', 'UPDATE on', 'UPDATE paused', 'UPDATE on']);
    await over(b);
  });

  it('that answer 491 are told a while later what is true then', async () => {
    const { alice: a, bob: b } = await talk('always-pause-resume');
    await until('Bob is told', () => b.told.includes('UPDATE on'));
    b.answers.push((request) => void request.respond(491));
    await b.dialog.request('INFO', { headers: { Record: 'pause' } });
    await until('Alice is told', () => a.told.includes('UPDATE paused'));
    await until('Bob is told', () => b.told.includes('UPDATE paused'));
    await b.dialog.request('INFO', { headers: { Record: 'resume' } });
    await b.dialog.request('INFO', { headers: { Record: 'pause' } });
    await until('Bob is told again', () => b.told.length === 4);
    expect(b.told.slice(2)).toEqual(['UPDATE paused', 'UPDATE paused']);
    await over(b);
  });

  it('in the middle of a transaction are not disturbed', async () => {
    const { alice: a, bob: b } = await talk('always-pause-resume');
    await until('Bob is told', () => b.told.includes('UPDATE on'));
    let answered: () => void = () => {};
    a.answers.push((request) => {
      answered = () =>
        void request.respond(200, { body: audio('recvonly', 9), headers: a.headers });
    });
    const held = b.reinvite([], 'sendonly');
    await until('Alice is asked', () => a.told.at(-1) === 'INVITE on');
    await house.b2bua.control(house.b2bua.calls()[0]!.id, undefined, 'pause');
    expect([a.told.length, b.told.length]).toEqual([2, 2]);
    answered();
    // The answer to what was under way has it already.
    expect(await held).toBe('200 paused');
    await until('Alice is told', () => a.told.at(-1) === 'UPDATE paused');
    expect(b.told).toHaveLength(2);
    await over(b);
  });

  it('hear of a recorder at the other end, where nobody is recorded here', async () => {
    const { alice: a, bob: b } = await talk(undefined, { offer: ['a=record:on'] });
    expect(b.told).toEqual(['INVITE on']);
    expect(a.told).toEqual(['200 -']);
    expect(await a.reinvite(['a=record:paused'])).toBe('200 -');
    expect(b.told.at(-1)).toBe('INVITE paused');
    await over(a);
  });

  it('hear of the strongest of what is recorded here and at the other end', async () => {
    const { alice: a, bob: b } = await talk('always-pause-resume', { offer: ['a=record:on'] });
    await b.dialog.request('INFO', { headers: { Record: 'pause' } });
    await until('Alice is told', () => a.told.at(-1) === 'UPDATE paused');
    expect(b.told).toEqual(['INVITE on']);
    expect(await a.reinvite(['a=record:off'])).toBe('200 paused');
    expect(b.told.at(-1)).toBe('INVITE paused');
    await over(a);
  });
});
