import { silentLog } from '../../src/core';
import type { MediaLine } from '../../src/media';
import { DEFAULTS, type RecordedUser } from '../../src/policy';
import type { CallParts } from '../../src/sip/call/environment';
import type { Leg } from '../../src/sip/call/leg';
import { DialogReferences } from '../../src/sip/dialog-references';
import type { Agreement } from '../../src/sip/media/agreement';
import { DialledCodes } from '../../src/sip/procedures/dialled-codes';
import type { IncomingRequest } from '../../src/ua';
import { RecordedWorld, user } from './recording/world';

/** A recorded caller who dials by INFO, and what the callee gets. */
class Dialling {
  readonly world: RecordedWorld;
  readonly codes: DialledCodes;
  /** Signals that reached the callee, and what the caller was answered, in order. */
  readonly journal: string[] = [];
  /** What the callee answers. */
  status = 200;

  constructor(one: RecordedUser) {
    this.world = new RecordedWorld([one]);
    const env = {
      clock: this.world.clock,
      headers: { passProduct: false },
      references: new DialogReferences(),
    };
    const leg = {
      request: async (method: string, { body }: { body?: string }) => {
        this.journal.push(`${method} ${/signal=(\S+)/i.exec(body ?? '')?.[1] ?? body}`);
        return { status: this.status, reason: '', body: '', headers: [], header: () => undefined };
      },
    };
    const parts = { env, log: silentLog, recordings: this.world.call };
    this.codes = new DialledCodes(parts as unknown as CallParts, () => leg as unknown as Leg);
  }

  /** The digits one after the other; those that are not taken go the usual way. */
  async dial(digits: string, type = 'application/dtmf-relay'): Promise<void> {
    for (const digit of digits) {
      const body = type === 'application/dtmf' ? digit : `Signal=${digit}\r\nDuration=160\r\n`;
      if (!this.codes.take('caller', this.#info(body, type))) this.journal.push(`usual ${digit}`);
      await this.world.rest();
    }
  }

  async wait(ms: number): Promise<void> {
    this.world.clock.advance(ms);
    await this.world.rest();
  }

  request(body: string, type: string): boolean {
    return this.codes.take('caller', this.#info(body, type));
  }

  get commands(): string[] {
    return this.world.call.controls.map(({ by, action, result }) => `${by} ${action} ${result}`);
  }

  #info(body: string, type: string): IncomingRequest {
    return {
      method: 'INFO',
      body,
      headers: [{ key: 'content-type', name: 'Content-Type', value: type }],
      header: (name: string) => (name === 'content-type' ? type : undefined),
      respond: async (status: number) => void this.journal.push(`${status}`),
    } as unknown as IncomingRequest;
  }
}

async function dialling(one: RecordedUser = user('always-pause-resume')): Promise<Dialling> {
  const phone = new Dialling(one);
  await phone.world.answer();
  return phone;
}

describe('codes dialled by INFO', () => {
  it.each(['application/dtmf-relay', 'application/dtmf'])('are commands: %s', async (type) => {
    const phone = await dialling();
    await phone.dial('*48', type);
    await phone.dial('*49', type);
    expect(phone.commands).toEqual(['dtmf pause done', 'dtmf resume done']);
    expect(phone.journal).toEqual(['200', '200', '200', '200', '200', '200']);
  });

  it('are answered with what they came to', async () => {
    const phone = await dialling();
    await phone.dial('*45');
    expect(phone.journal).toEqual(['200', '200', '403']);
    expect(phone.commands).toEqual(['dtmf stop forbidden']);
  });

  it('may be spelled in numbers', async () => {
    const phone = await dialling();
    for (const signal of ['10', '4', '8']) {
      phone.request(`Signal= ${signal}\r\n`, 'Application/DTMF-Relay; x=y');
    }
    expect(phone.commands).toEqual([]);
    await phone.world.rest();
    expect(phone.commands).toEqual(['dtmf pause done']);
  });

  it('are the ones of the settings', async () => {
    const settings = { ...DEFAULTS, codePause: '##', codeResume: 'off' };
    const phone = await dialling(user('always-pause-resume', { settings }));
    await phone.dial('##');
    await phone.dial('*49');
    await phone.wait(3_000);
    expect(phone.commands).toEqual(['dtmf pause done']);
    expect(phone.journal).toEqual([
      '200',
      '200',
      '200',
      '200',
      'INFO *',
      'INFO 4',
      'INFO 9',
      '200',
    ]);
  });

  it('are nobody’s where the mode leaves the user no say', async () => {
    const phone = await dialling(user('always'));
    await phone.dial('*48');
    expect(phone.journal).toEqual(['usual *', 'usual 4', 'usual 8']);
  });
});

describe('digits dialled by INFO that are no code', () => {
  it('go the usual way when they begin none', async () => {
    const phone = await dialling();
    await phone.dial('17A#');
    expect(phone.journal).toEqual(['usual 1', 'usual 7', 'usual A', 'usual #']);
  });

  it('reach the other party after three seconds', async () => {
    const phone = await dialling();
    await phone.dial('*');
    await phone.wait(2_999);
    expect(phone.journal).toEqual(['200']);
    await phone.wait(1);
    expect(phone.journal).toEqual(['200', 'INFO *']);
    await phone.dial('1');
    expect(phone.journal.at(-1)).toBe('usual 1');
  });

  it('reach the other party before the one that shows it, whose answer is the other party’s', async () => {
    const phone = await dialling();
    phone.status = 415;
    await phone.dial('*42');
    expect(phone.journal).toEqual(['200', '200', 'INFO *', 'INFO 4', 'INFO 2', '415']);
  });

  it('are forgotten when the call ends', async () => {
    const phone = await dialling();
    await phone.dial('*4');
    phone.codes.stop();
    await phone.wait(3_000);
    expect(phone.journal).toEqual(['200', '200']);
  });

  it('are none when there is no digit', async () => {
    const phone = await dialling();
    expect(phone.request('Signal=44', 'application/dtmf-relay')).toBe(false);
    expect(phone.request('', 'application/dtmf')).toBe(false);
    expect(phone.request('*', 'text/plain')).toBe(false);
  });
});

describe('codes dialled by telephone events', () => {
  it('are listened for on the user’s side alone, in the formats that it sends', async () => {
    const phone = await dialling();
    const heard: unknown[] = [];
    const line = {
      listenForDigits: (side: string, listening: unknown) => void heard.push(side, listening),
    } as unknown as MediaLine;
    const speech = { payloadType: 0, codec: 'PCMU', clockRate: 8000 };
    const event = (payloadType: number) => ({
      payloadType,
      codec: 'Telephone-Event',
      clockRate: 8000,
    });
    const terms = { toAnswerer: [speech, event(101)], toOfferer: [speech, event(96)] };
    const agreement = (offerer: 'a' | 'b') =>
      ({ offerer, lines: [{ offer: { kind: 'audio' }, terms, line }] }) as unknown as Agreement;
    phone.codes.agreed(agreement('a'));
    expect(heard).toEqual(['a', { formats: [event(101)], codes: ['*44', '*45', '*48', '*49'] }]);
    phone.codes.agreed(agreement('b'));
    expect(heard.at(-1)).toMatchObject({ formats: [event(96)] });
    // The number may be that of speech next, which is nobody's digits.
    terms.toOfferer = [speech];
    phone.codes.agreed(agreement('b'));
    expect(heard.slice(4)).toMatchObject(['a', { formats: [] }]);
    phone.codes.dialled('caller', '*48');
    phone.codes.dialled('callee', '*48');
    phone.codes.dialled('caller', '*40');
    await phone.world.rest();
    expect(phone.commands).toEqual(['dtmf pause done']);
  });
});
