import fc from 'fast-check';
import { mergeMetadata, type RecordingMetadata } from '../../../src/siprec';
import { schemaErrors } from '../schema';
import type { FakeDialog } from './fake-recorder';
import {
  ALICE,
  BOB,
  CAROL,
  documentIn,
  EVENTS,
  heardAfter,
  MAIN,
  metadataIn,
  OPUS,
  PCMA,
  PCMU,
  STANDBY,
  sdp,
  sdpIn,
  turn,
  versionIn,
  World,
} from './world';

/**
 * What a call, a recorder and time can do to a recording, in any order. Each operation is tried whether or
 * not it makes sense at that point: a recording must survive what nobody thought of.
 */
const ANSWERS = [
  sdp(),
  sdp([{ formats: '8', direction: 'inactive' }, { direction: 'inactive' }]),
  sdp([{ port: 0 }, { port: 52002 }]),
  sdp([{ port: 60000 }, { formats: '111 0 8' }]),
  sdp([{ port: 0 }, { port: 0 }]),
  sdp([{}]),
  '',
  'no sdp',
];
const SNAPSHOT = { 'Content-Type': 'application/rs-metadata+xml' };

const answer = fc.constantFrom(...ANSWERS);
const status = fc.constantFrom(200, 200, 200, 200, 400, 408, 481, 488, 491, 491, 500, 503);
/** What ends a recording is tried less often, so that more happens before. */
const rarely = <One>(arbitrary: fc.Arbitrary<One>) => ({ arbitrary, weight: 1 });
const often = <One>(arbitrary: fc.Arbitrary<One>) => ({ arbitrary, weight: 4 });

const operation = fc.oneof(
  often(
    fc.record({
      op: fc.constant('advance' as const),
      by: fc.constantFrom(1, 100, 600, 2500, 6000),
    }),
  ),
  often(fc.record({ op: fc.constant('answer-invite' as const), answer })),
  often(
    fc.record({
      op: fc.constant('refuse-invite' as const),
      status: fc.constantFrom(302, 486, 503),
    }),
  ),
  often(fc.record({ op: fc.constant('answer-ours' as const), status, answer })),
  rarely(fc.record({ op: fc.constant('lose-ours' as const) })),
  often(
    fc.record({
      op: fc.constant('recorder-request' as const),
      method: fc.constantFrom('INVITE', 'UPDATE', 'INFO', 'OPTIONS', 'MESSAGE'),
      answer,
    }),
  ),
  often(fc.record({ op: fc.constant('recorder-ack' as const), answer })),
  often(fc.record({ op: fc.constant('snapshot' as const) })),
  rarely(fc.record({ op: fc.constant('recorder-bye' as const) })),
  often(fc.record({ op: fc.constant('bye-answered' as const) })),
  often(
    fc.record({
      op: fc.constant('hold' as const),
      held: fc.subarray([ALICE, BOB, CAROL]),
    }),
  ),
  often(
    fc.record({
      op: fc.constant('others' as const),
      others: fc.subarray([
        { participantId: BOB, aor: 'sip:bob@x', displayName: 'Bob' },
        { participantId: CAROL, aor: 'sip:carol@x' },
      ]),
    }),
  ),
  often(
    fc.record({
      op: fc.constant('stream' as const),
      label: fc.constantFrom('1' as const, '2' as const),
      sending: fc.option(fc.boolean(), { nil: undefined }),
      codecs: fc.option(fc.constantFrom([PCMU], [PCMA, EVENTS], [OPUS], []), { nil: undefined }),
    }),
  ),
  often(fc.record({ op: fc.constant('pause' as const) })),
  often(fc.record({ op: fc.constant('resume' as const) })),
  rarely(fc.record({ op: fc.constant('stop' as const) })),
  often(fc.record({ op: fc.constant('turn' as const) })),
);
type Operation = typeof operation extends fc.Arbitrary<infer One> ? One : never;

class Play {
  readonly world = new World();
  readonly recording = this.world.recordAt([{ ...MAIN, checkEveryMs: 4000 }, STANDBY]);
  /** The last session, and how it began. */
  dialog: FakeDialog | undefined;
  invite = this.world.agent.last;
  outcomes = 0;
  readonly #answered = new Set<object>();

  constructor() {
    void this.recording.outcome.then(() => {
      this.outcomes += 1;
    });
  }

  async do(one: Operation): Promise<void> {
    const { world, recording, dialog } = this;
    switch (one.op) {
      case 'advance':
        world.clock.advance(one.by);
        break;
      case 'answer-invite': {
        const invite = world.agent.last;
        const known = invite.acked;
        const accepted = invite.accept(one.answer);
        await turn();
        if (invite.acked === known) break;
        this.dialog = accepted;
        this.invite = invite;
        break;
      }
      case 'refuse-invite':
        world.agent.last.reject(one.status, '', { Contact: '<sip:elsewhere>' });
        break;
      case 'answer-ours': {
        const waiting = dialog?.sent.find((request) => !this.#answered.has(request));
        if (!waiting) break;
        this.#answered.add(waiting);
        waiting.answer(one.status, one.status === 200 ? one.answer : '');
        break;
      }
      case 'lose-ours':
        for (const request of dialog?.sent ?? []) {
          if (!this.#answered.has(request)) request.gone();
          this.#answered.add(request);
        }
        break;
      case 'recorder-request': {
        const responses = dialog?.receive(one.method, one.answer);
        await turn();
        if (responses) expect(responses).toHaveLength(1);
        break;
      }
      case 'recorder-ack':
        dialog?.ack(one.answer);
        break;
      case 'snapshot':
        dialog?.receive('UPDATE', '<requestsnapshot/>', SNAPSHOT);
        break;
      case 'recorder-bye':
        dialog?.end();
        break;
      case 'bye-answered':
        dialog?.answerBye();
        break;
      case 'hold':
        recording.update({ held: one.held });
        break;
      case 'others':
        recording.update({ participants: one.others });
        break;
      case 'stream': {
        const { label, sending, codecs } = one;
        recording.update({
          streams: [
            { label, ...(sending !== undefined && { sending }), ...(codecs && { codecs }) },
          ],
        });
        break;
      }
      case 'pause':
        void recording.pause();
        break;
      case 'resume':
        void recording.resume();
        break;
      case 'stop':
        void recording.stop({ cause: 200, text: 'ended' });
        break;
      case 'turn':
        await turn();
        break;
    }
    this.check();
  }

  /** What holds at every moment. */
  check(): void {
    const { world, dialog } = this;
    const open = (dialog?.sent ?? []).filter(
      (request) => request.method !== 'OPTIONS' && !this.#answered.has(request),
    );
    // RFC 3261 §14.1: one of ours at a time.
    expect(open.length).toBeLessThanOrEqual(1);
    for (const label of ['1', '2']) {
      const done = world.journal.filter((entry) => entry.startsWith(label));
      const closed = done.findIndex((entry) => entry.endsWith('close'));
      if (closed !== -1)
        expect(done.slice(closed + 1)).toEqual(
          done.slice(closed + 1).filter((entry) => entry.endsWith('gated')),
        );
      // Between a pause and a resumption nothing is started anew.
      const lastGate = done.findLastIndex((entry) => /pause|resume/.test(entry));
      if (done[lastGate]?.endsWith('pause')) {
        expect(done.slice(lastGate).some((entry) => entry.includes('start'))).toBe(false);
      }
    }
    expect(dialog?.byes ?? 0).toBeLessThanOrEqual(1);
  }

  /** Ends it, if it has not ended; what holds then. */
  async end(): Promise<void> {
    const { world, recording, dialog } = this;
    void recording.stop({ text: 'ended' });
    for (let i = 0; i < 4; i++) {
      await turn();
      world.clock.advance(1000);
    }
    await turn();
    expect(this.outcomes).toBe(1);
    const { recorded, fault } = await recording.outcome;
    expect(recorded === 'fully').toBe(fault === undefined);
    expect(['ended', 'failed']).toContain(recording.state);
    expect(world.clock.pending).toBe(0);
    expect(world.journal.filter((entry) => entry.endsWith('close')).sort()).toEqual([
      '1 close',
      '2 close',
    ]);
    const sent = [this.invite, ...(dialog?.sent ?? [])];
    // The description does not change without its version.
    const described = sent.filter((one) => sdpIn(one) !== undefined);
    for (const [i, one] of described.slice(1).entries()) {
      const before = described[i]!;
      const withoutOrigin = (text: string) => text.replace(/^o=.*$/m, '');
      if (withoutOrigin(sdpIn(one)!) === withoutOrigin(sdpIn(before)!)) continue;
      expect(versionIn(one)).toBeGreaterThan(versionIn(before));
    }
  }
}

test('no order of events breaks a recording', async () => {
  const documents = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(operation, { maxLength: 25 }),
      async (up, operations) => {
        const play = new Play();
        if (up) await play.do({ op: 'answer-invite', answer: sdp() });
        for (const one of operations) await play.do(one);
        await play.end();
        for (const sent of [play.world.agent.last, ...(play.dialog?.sent ?? [])]) {
          const document = documentIn(sent);
          if (document) documents.add(document.replace(/^<\?xml[^>]*\?>/, ''));
        }
      },
    ),
    { numRuns: 300 },
  );
  // One run of xmllint for every document that was sent.
  expect(documents.size).toBeGreaterThan(8);
  expect(
    schemaErrors(
      `<recording xmlns="urn:ietf:params:xml:ns:recording:1"><x:all xmlns:x="urn:x">${[...documents].join('')}</x:all></recording>`,
    ),
  ).toBe('');
});

test('the updates a recorder accepted add up to what is true', async () => {
  const change = fc.oneof(
    fc.record({ held: fc.subarray([ALICE, BOB, CAROL]) }),
    fc.record({
      participants: fc.subarray([
        { participantId: BOB, aor: 'sip:bob@x', displayName: 'Bob' },
        { participantId: CAROL, aor: 'sip:carol@x' },
      ]),
    }),
    fc.record({
      streams: fc.constantFrom(
        [{ label: '1' as const, sending: false }],
        [{ label: '1' as const, sending: true }],
        [{ label: '2' as const, sending: false }],
      ),
    }),
  );
  const step = fc.record({ change, accepted: fc.boolean(), pass: fc.nat(3000) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const world = new World();
      const { recording, dialog } = await world.recording();
      const accepted = [
        world.agent.last as { header(name: string): string | undefined; body: string },
      ];
      for (const one of steps) {
        const before = dialog.sent.length;
        recording.update(one.change);
        if (dialog.sent.length === before) continue;
        if (one.accepted) accepted.push(dialog.last);
        dialog.last.answer(one.accepted ? 200 : 400, one.accepted ? sdp() : '');
        await turn();
        world.clock.advance(one.pass);
      }
      // A change that says nothing new, so that what was declined is told as well.
      recording.update({ streams: [{ label: '1', codecs: [OPUS] }] });
      const last = dialog.last;
      if (documentIn(last)) accepted.push(last);
      last.answer(200, sdp([{ formats: '111' }, {}]));
      await turn();
      dialog.receive('UPDATE', '<requestsnapshot/>', SNAPSHOT);
      const snapshot = dialog.last;
      expect(metadataIn(snapshot).mode).toBe('complete');
      expect(heardAfter(...accepted)).toEqual(heardAfter(snapshot));

      let known: RecordingMetadata | undefined;
      for (const one of accepted) known = mergeMetadata(known, metadataIn(one));
      expect(known).toEqual(metadataIn(snapshot));
    }),
    { numRuns: 100 },
  );
});
