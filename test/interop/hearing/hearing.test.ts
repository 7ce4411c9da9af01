import { location, organization, user } from '../../policy/settings/support';
import { until } from '../b2bua/ear';
import { Exchange, type Talk } from './exchange';
import { G722, G729, type Handset, PCMA, PCMU, type Spoken } from './handset';
import {
  difference,
  found,
  likeness,
  loudness,
  prompt,
  reminderTone,
  saidTo,
  speech,
  tonesIn,
} from './judge';

/** So much of two intervals of 10 s, with the announcement at the beginning, and the beginning of a third. */
const TWO_ROUNDS_MS = 22_500;

/** A tone is on time to the packet in virtual time; here whoever speaks and whoever mixes may be late. */
const LATE_MS = 100;

/** Both speak, over and over. */
function speak({ caller, callee, ports }: Talk): void {
  caller.speak(speech('alice', caller.codec.rate), ports.caller);
  callee.speak(speech('bob', callee.codec.rate), ports.callee);
}

/** Waits until so much has been heard, however slow the machine. */
async function listen(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never heard: ${what}`);
    await pass(20);
  }
}

const PATIENCE_MS = 90_000;

/** How often it is looked whether a prompt has been heard. */
const LOOK_MS = 200;

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('what parties of recorded calls hear', () => {
  let exchange: Exchange;

  beforeAll(async () => {
    exchange = await Exchange.open([
      organization({ mode: 'always', announceTrunk: true }),
      location('Reminded', { reminderTone: true, reminderIntervalSeconds: 10 }),
      location('Whole', { narrowCodecs: false }),
      location('Early', { announceAt: 'early' }),
      location('Demand', { mode: 'on-demand', pauseNotice: 'announcement', language: 'uk' }),
      user('reminded', { numbers: ['100', '101', '102', '103'], location: 'Reminded' }),
      user('announced', { numbers: ['200', '201', '202', '203'] }),
      user('whole', { numbers: ['300'], location: 'Whole' }),
      user('early', { numbers: ['400'], location: 'Early' }),
      user('demand', { numbers: ['500', '501'], location: 'Demand' }),
      user('colleague', { numbers: ['600'], mode: 'never' }),
    ]);
  });
  afterAll(() => exchange?.close());

  /** Waits until a prompt has been heard, from this millisecond of the handset's time on, and nothing plays any more. */
  async function hears(handset: Handset, words: Int16Array, sinceMs = 0): Promise<void> {
    let lookedAt = sinceMs + words.length / 8;
    await listen('a prompt', () => {
      if (handset.heardMs < lookedAt) return false;
      lookedAt = handset.heardMs + LOOK_MS;
      return found(words, handset.heard().subarray(sinceMs * 8), 8000).coefficient > 0.95;
    });
    await until('it is over', async () => (await exchange.hearing()).length === 0);
  }

  it('is one announcement, then a tone at its interval, in the codec of the call, and no recording has it', async () => {
    const codecs: readonly Spoken[] = [PCMU, PCMA, G722];
    const calls = await Promise.all([
      ...codecs.map((codec, n) => exchange.call({ from: `10${n}`, to: `90${n}`, codec })),
      exchange.call({ from: '103', to: '903', codec: G729 }),
    ]);
    for (const call of calls) speak(call);
    const handsets = calls.flatMap(({ caller, callee }) => [caller, callee]);
    const enough = () => handsets.every(({ heardMs }) => heardMs > TWO_ROUNDS_MS);
    await listen('two rounds', enough);
    for (const handset of handsets) handset.hush();
    await Promise.all(calls.map(({ dialogs }) => dialogs.caller.bye()));

    for (const n of codecs.keys()) {
      const { caller, callee } = calls[n]!;
      for (const [listener, speaker] of [
        [caller, callee],
        [callee, caller],
      ] as const) {
        hearsAnnouncementAndTone(listener, speaker);
      }
      const record = await exchange.record(`10${n}`);
      expect(record.recordings).toMatchObject([{ recorded: 'fully' }]);
      for (const listener of ['caller', 'callee']) {
        const heard = record.heard.filter((one) => one.listener === listener);
        expect(heard).toMatchObject([
          { what: 'start', complete: true, file: 'start-en.wav' },
          { what: 'tone', complete: true, file: 'tone' },
          { what: 'tone', complete: true, file: 'tone' },
        ]);
        const [first, second] = heard.slice(1).map(({ startedAt }) => Date.parse(startedAt!));
        expect(Math.abs(second! - first! - 10_000)).toBeLessThanOrEqual(LATE_MS);
      }
      const { channels, sidecar } = await exchange.recorded(record.id);
      expect(channels).toHaveLength(2);
      holdsSpeechAlone(channels[0]!, caller);
      holdsSpeechAlone(channels[1]!, callee);
      // The recorder is told what was announced, and to whom.
      expect(sidecar.match(/<announcement [^>]*type=\\"START\\"/g)!.length).toBeGreaterThanOrEqual(
        2,
      );
    }

    const unannounced = await exchange.record('103');
    expect(unannounced.recordings).toMatchObject([{ recorded: 'fully' }]);
    expect(unannounced.heard).toHaveLength(4);
    for (const one of unannounced.heard) {
      expect(one).toMatchObject({
        complete: false,
        fault: 'ANNOUNCEMENT_NOT_POSSIBLE',
        detail: expect.stringContaining('takes G729'),
      });
      expect(one.startedAt).toBeUndefined();
    }
  });

  function hearsAnnouncementAndTone(listener: Handset, speaker: Handset): void {
    const { rate } = listener.codec;
    const second = rate;
    const heard = listener.heard();
    const start = found(prompt('start', rate), heard.subarray(0, 5 * second), rate);
    expect(start.coefficient).toBeGreaterThan(0.95);

    // One stream, without a seam.
    const { packets } = listener;
    expect(new Set(packets.map(({ ssrc }) => ssrc)).size).toBe(1);
    const steps = packets
      .slice(1)
      .map(({ sequence }, n) => (sequence - packets[n]!.sequence) & 0xffff);
    expect(new Set(steps)).toEqual(new Set([1]));

    // What is left without the speech is the tone, twice.
    const said = saidTo(listener, speaker);
    const rest = difference(heard, said, 0);
    const later = 6 * second;
    const tones = tonesIn(rest.subarray(later), rate).map((ms) => ms + 6_000);
    expect(tones).toHaveLength(2);
    expect(Math.abs(tones[1]! - tones[0]! - 10_000)).toBeLessThanOrEqual(LATE_MS);

    // And without the tone, the speech is what was said.
    const sound = reminderTone(rate);
    for (const at of tones) {
      const from = Math.round(((at - 100) * rate) / 1000);
      const to = from + (4 * second) / 10;
      const place = found(sound, rest.subarray(from, to), rate);
      expect(place.coefficient).toBeGreaterThan(0.97);
      const begin = Math.round((place.offsetMs * rate) / 1000);
      const clean = difference(heard.subarray(from, to), sound, begin);
      expect(likeness(clean, said.subarray(from, to))).toBeGreaterThan(0.95);
    }
  }

  /** A channel of a recording: all that its party said, from the first word on, and nothing that was played. */
  function holdsSpeechAlone(channel: Int16Array, speaker: Handset): void {
    const { rate } = speaker.codec;
    const said = speaker.said();
    const beginning = channel.subarray(0, 6 * rate);
    expect(found(said.subarray(0, 4 * rate), beginning, rate).coefficient).toBeGreaterThan(0.95);
    expect(found(prompt('start', rate), beginning, rate).coefficient).toBeLessThan(0.5);
    expect(tonesIn(channel, rate)).toEqual([]);
  }

  it('needs codecs in which it can be played: others are kept out of the offer', async () => {
    const narrowed = await exchange.call({
      from: '200',
      to: '910',
      codec: PCMA,
      offers: [G729, PCMA],
    });
    expect(narrowed.invite.body).toMatch(/m=audio \d+ RTP\/AVP 8 101\r\n/);
    expect(narrowed.invite.body).not.toContain('G729');
    await narrowed.dialogs.caller.bye();

    const whole = await exchange.call({
      from: '300',
      to: '911',
      codec: PCMA,
      offers: [G729, PCMA],
    });
    expect(whole.invite.body).toMatch(/m=audio \d+ RTP\/AVP 18 8 101\r\n/);
    await whole.dialogs.caller.bye();
  });

  it('gives way to the call where the callee takes none of these codecs', async () => {
    const offers: string[] = [];
    const { dialogs } = await exchange.call({
      from: '201',
      to: '912',
      codec: G729,
      offers: [G729, PCMA],
      ring: async (invite) => {
        offers.push(invite.body);
        const again = exchange.nextInvite('912');
        await invite.reject(488);
        const second = await again;
        offers.push(second.body);
        return second;
      },
    });
    expect(offers.map((body) => /RTP\/AVP ([\d ]+)/.exec(body)?.[1])).toEqual([
      '8 101',
      '18 8 101',
    ]);
    await dialogs.callee.bye();
    const record = await exchange.record('201');
    expect(record.heard.map(({ what, fault }) => [what, fault])).toEqual([
      ['start', 'ANNOUNCEMENT_NOT_POSSIBLE'],
      ['start', 'ANNOUNCEMENT_NOT_POSSIBLE'],
    ]);
  });

  it('comes to the caller before the answer, in the early media that there is', async () => {
    let early = 0;
    const call = await exchange.call({
      from: '400',
      to: '920',
      codec: PCMU,
      ring: async (invite, caller, callee) => {
        await invite.progress(183, { body: callee.describe() });
        callee.speak(speech('bob', 8000), Number(/m=audio (\d+)/.exec(invite.body)![1]));
        await hears(caller, prompt('start', 8000));
        early = caller.heardMs;
        return invite;
      },
    });
    speak(call);
    const { caller, callee, dialogs } = call;
    await hears(callee, prompt('start', 8000));
    await dialogs.caller.bye();
    const words = prompt('start', 8000);
    const before = found(words, caller.heard().subarray(0, early * 8), 8000);
    expect(before.coefficient).toBeGreaterThan(0.95);
    expect(found(words, callee.heard(), 8000).coefficient).toBeGreaterThan(0.95);
    const { heard, answeredAt } = await exchange.record('400');
    expect(heard.map(({ what, listener }) => [what, listener])).toEqual([
      ['start', 'caller'],
      ['start', 'callee'],
    ]);
    expect(heard[0]!.endedAt! < answeredAt!).toBe(true);
    expect(heard[1]!.startedAt! >= answeredAt!).toBe(true);
  });

  it('follows the commands of the user, in the language that is set, and stops with the call', async () => {
    const call = await exchange.call({ from: '500', to: '930', codec: PCMU });
    speak(call);
    const { caller, callee, dialogs } = call;
    const heardBy = { caller, callee };
    for (const [word, name] of [
      ['on', 'start'],
      ['pause', 'pause'],
      ['resume', 'resume'],
      ['off', 'stop'],
    ] as const) {
      const since = { caller: caller.heardMs, callee: callee.heardMs };
      const { status } = await dialogs.caller.request('INFO', { headers: { Record: word } });
      expect(status).toBe(200);
      for (const side of ['caller', 'callee'] as const) {
        await hears(heardBy[side], prompt(name, 8000, 'uk'), since[side]);
      }
    }
    // One that is cut off by the end is evidence of what was heard of it.
    await dialogs.caller.request('INFO', { headers: { Record: 'on' } });
    await until('it begins', async () => (await exchange.hearing()).length > 0);
    // Listed is also what has not left yet.
    const begun = caller.heardMs;
    await until('some of it is heard', () => caller.heardMs > begun + 200);
    await dialogs.caller.bye();
    const { heard } = await exchange.record('500');
    const ofCaller = heard.filter(({ listener }) => listener === 'caller');
    expect(ofCaller.map(({ what, complete }) => [what, complete])).toEqual([
      ['start', true],
      ['pause', true],
      ['resume', true],
      ['stop', true],
      ['start', false],
    ]);
    expect(ofCaller[0]!.file).toBe('start-uk.wav');
  });

  it('is nothing for who is on hold, and begins anew when the call is taken back', async () => {
    const call = await exchange.call({ from: '501', to: '931', codec: PCMU });
    speak(call);
    const { caller, callee, dialogs } = call;
    dialogs.callee.onReinvite = (offer) => {
      const direction = offer.body.includes('a=sendonly') ? 'recvonly' : 'sendrecv';
      void offer.respond(200, { body: callee.describe([PCMU], direction, 2) });
    };
    // Alice holds: she hears nothing, Bob hears what she lets him hear.
    const hold = await dialogs.caller.reinvite({ body: caller.describe([PCMU], 'sendonly', 2) });
    if (hold.kind === 'accepted') hold.ack();
    callee.hush();
    let quiet = -1;
    while (quiet < caller.packets.length) {
      quiet = caller.packets.length;
      await pass(300);
    }
    await dialogs.caller.request('INFO', { headers: { Record: 'on' } });
    const began = callee.heardMs;
    await hears(callee, prompt('start', 8000, 'uk'), began);
    expect(caller.packets.length).toBe(quiet);
    const back = await dialogs.caller.reinvite({ body: caller.describe([PCMU], 'sendrecv', 3) });
    if (back.kind === 'accepted') back.ack();
    callee.speak(speech('bob', 8000), call.ports.callee);
    await hears(caller, prompt('start', 8000, 'uk'));
    await dialogs.caller.bye();
    const { heard } = await exchange.record('501');
    expect(heard.map(({ what, listener, complete }) => [what, listener, complete])).toEqual([
      ['start', 'callee', true],
      ['start', 'caller', true],
    ]);
  });

  it('depends on whether the call stays within the organization', async () => {
    const within = await exchange.call({ from: '202', to: '600', codec: PCMU });
    speak(within);
    await listen('speech is heard', () => within.callee.heardMs > 500);
    expect(await exchange.hearing()).toEqual([]);
    await within.dialogs.caller.bye();
    expect((await exchange.record('202')).heard).toEqual([]);
    expect(loudness(within.callee.heard())).toBeGreaterThan(0);
  });
});
