import type { Dialog } from '../../../src/ua';
import { organization, user } from '../../policy/settings/support';
import { portOf, until } from '../b2bua/ear';
import { Exchange, type Talk } from './exchange';
import { type Handset, type HandsetOptions, PCMU } from './handset';
import { found, speech } from './judge';

/** Packets that each says before its audio is negotiated anew, and afterwards, at the least. */
const PART = 75;
/** Between them. */
const SILENT_MS = 1_000;
/** The recording tells by the arrival of packets how far apart they were, which a busy machine delays. */
const TOLERANCE_MS = 300;

/** A call in which both speak, are asked to be silent while audio is negotiated anew, and then speak on. */
class Conversation {
  readonly #parties: readonly [Handset, Handset];
  /** Packets that each had sent when it fell silent, and the timestamps of the next. */
  #before: readonly number[] = [];
  #version = 1;
  /** Ours, to which each sends. */
  #ports: [number, number];

  constructor(private readonly talk: Talk) {
    this.#parties = [talk.caller, talk.callee];
    this.#ports = [talk.ports.caller, talk.ports.callee];
    talk.dialogs.callee.onReinvite = (offer) => {
      this.#ports[1] = portOf(offer.body);
      talk.callee.meet(offer.body);
      const port = this.#ports[1] === 0 ? 0 : talk.callee.port;
      const body = talk.callee.describe([PCMU], 'sendrecv', ++this.#version, port);
      void offer.respond(200, { body });
    };
  }

  async speak(): Promise<void> {
    this.talk.caller.speak(speech('alice', 8000), this.#ports[0]);
    this.talk.callee.speak(speech('bob', 8000), this.#ports[1]);
    await this.#hearEachOther();
    this.#before = this.#parties.map(({ sent }) => sent.length);
  }

  async speakOn(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SILENT_MS));
    for (const [i, party] of this.#parties.entries()) party.speakOn(this.#ports[i]!);
    await this.#hearEachOther();
  }

  /** The caller asks for this; the answer. */
  async reinvite(port?: number): Promise<string> {
    const { caller, dialogs } = this.talk;
    const body = caller.describe([PCMU], 'sendrecv', ++this.#version, port);
    const answer = await reinvited(dialogs.caller, body);
    caller.meet(answer);
    this.#ports[0] = portOf(answer);
    return answer;
  }

  /** Both have heard every sample of the other, and both parts are in the recording. */
  expectWhole(channels: readonly Int16Array[]): void {
    for (const [i, speaker] of this.#parties.entries()) {
      const listener = this.#parties[1 - i]!;
      expect(listener.packets.map(({ sequence }) => sequence)).toEqual(
        speaker.sent.map((_, n) => n),
      );
      const said = speaker.said();
      const heard = listener.packets.flatMap(({ payload }) => [...PCMU.decoder()(payload)]);
      expect(Int16Array.from(heard)).toEqual(said);
      expect(listener.unreadable).toBe(0);

      const at = this.#before[i]!;
      const places = [0, at].map((from) =>
        found(said.subarray(from * 160, (from + PART) * 160), channels[i]!, 8000),
      );
      for (const { coefficient } of places) expect(coefficient).toBeGreaterThan(0.99);
      // Time has passed in between, in the stream and in the recording.
      const [first, second] = [listener.packets[0]!, listener.packets[at]!];
      const apartMs = (second.timestamp - first.timestamp) / 8;
      const recordedMs = places[1]!.offsetMs - places[0]!.offsetMs;
      expect(Math.abs(recordedMs - apartMs)).toBeLessThanOrEqual(TOLERANCE_MS);
    }
  }

  /** So much as a part is said, and both have heard it to its end. */
  async #hearEachOther(): Promise<void> {
    const enough = this.#parties.map(({ sent }) => sent.length + PART);
    await until('both have said a part', () =>
      this.#parties.every(({ sent }, i) => sent.length >= enough[i]!),
    );
    for (const party of this.#parties) party.hush();
    await until('both have heard the other out', () =>
      this.#parties.every(({ packets }, i) => packets.length === this.#parties[1 - i]!.sent.length),
    );
  }
}

async function reinvited(dialog: Dialog, body: string): Promise<string> {
  const final = await dialog.reinvite({ body });
  if (final.kind === 'rejected') throw new Error(`refused with ${final.response.status}`);
  final.ack();
  return final.response.body;
}

describe('a recorded call whose audio is negotiated anew', () => {
  let exchange: Exchange;

  beforeAll(async () => {
    exchange = await Exchange.open(
      [
        organization({ mode: 'always', announceTrunk: false }),
        user('alice', { numbers: ['100', '101', '102'] }),
      ],
      ['media.address6=::1'],
    );
  }, 60_000);
  afterAll(() => exchange?.close());

  async function called(from: string, wire: HandsetOptions): Promise<[Talk, Conversation]> {
    const talk = await exchange.call({ from, to: `9${from.slice(1)}`, codec: PCMU, wire });
    return [talk, new Conversation(talk)];
  }

  it.each([
    ['in the clear', '100', false],
    ['by SRTP', '101', true],
  ])(
    'is heard and recorded on when it was switched off and comes back, %s',
    async (_how, from, srtp) => {
      const [{ dialogs, callee, invite }, conversation] = await called(from, { srtp });
      expect(invite.body.includes('RTP/SAVP')).toBe(srtp);
      await conversation.speak();
      expect(await conversation.reinvite(0)).toContain('m=audio 0 ');
      expect(callee.packets.length).toBeGreaterThanOrEqual(PART);
      await conversation.reinvite();
      await conversation.speakOn();
      await dialogs.caller.bye();

      const { id, recordings, media } = await exchange.record(from);
      expect(recordings).toMatchObject([{ recorded: 'fully' }]);
      for (const { caller, callee: other } of media) {
        for (const side of [caller, other]) {
          expect(side).toMatchObject({ lost: 0, unauthentic: 0, replayed: 0, strangers: 0 });
        }
      }
      conversation.expectWhole((await exchange.recorded(id)).channels);
    },
    90_000,
  );

  it('is heard and recorded on when a party has moved from IPv4 to IPv6', async () => {
    const [{ caller, dialogs }, conversation] = await called('102', {});
    await conversation.speak();
    await caller.move('::1');
    expect(await conversation.reinvite()).toContain('c=IN IP6 ::1');
    await conversation.speakOn();
    await dialogs.caller.bye();

    const { id, recordings } = await exchange.record('102');
    expect(recordings).toMatchObject([{ recorded: 'fully' }]);
    conversation.expectWhole((await exchange.recorded(id)).channels);
  }, 90_000);
});
