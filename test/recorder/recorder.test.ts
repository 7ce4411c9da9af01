import { existsSync, readFileSync } from 'node:fs';
import { classify, correlate, DATAGRAM, readWav } from '../../src/media';
import type { FinishedRecording } from '../../src/recorder';
import { freeRange } from '../support/ports';
import { conversation, described, endpointOf, PCMU } from './support/client';
import { House } from './support/house';
import { cut, peak, speech } from './support/signal';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const audioOf = ({ audio }: FinishedRecording) => readWav(readFileSync(audio));

let house: House;
beforeEach(async () => {
  house = await House.open();
});
afterEach(() => house.close());

describe('a recording session', () => {
  it('is recorded, both voices and what was said of them', async () => {
    const client = await house.client();
    const [alice, bob] = [await house.speaker(), await house.speaker()];
    const offer = client.describe([{ from: alice.endpoint }, { from: bob.endpoint }]);
    const answered = await client.invite(offer, conversation(), { 'User-to-User': '1234' });
    expect(answered).toMatchObject({ kind: 'accepted', response: { status: 200 } });
    expect(answered.response.header('contact')).toMatch(/>;\+sip\.srs/);

    const { media } = described(answered.response.body);
    expect(media).toMatchObject([
      { kind: 'audio', label: '1', direction: 'recvonly', formats: ['0'] },
      { kind: 'audio', label: '2', direction: 'recvonly', formats: ['0'] },
    ]);
    const { recording } = await house.event('started');
    expect(recording).toMatchObject({ state: 'recording', participants: [{ name: 'Alice' }, {}] });
    expect(existsSync(recording.audio)).toBe(true);

    const said = [speech('alice', 3), speech('bob', 3)] as const;
    await Promise.all([
      alice.speak({ samples: said[0], ssrc: 1 }, endpointOf(media[0]!)),
      bob.speak({ samples: said[1], ssrc: 2 }, endpointOf(media[1]!)),
    ]);
    await client.dialog!.bye();
    const finished = await house.finished();
    expect(JSON.parse(readFileSync(finished.sidecar, 'utf8'))).toMatchObject({
      state: 'finished',
      recovered: false,
      end: { by: 'client' },
      wav: { rate: 8000, channels: 2 },
      sip: { callId: client.dialog!.callId, headers: { 'User-to-User': '1234' } },
      participants: [
        { aors: ['sip:alice@example.com'], name: 'Alice', labels: ['1'], channels: [1] },
        { aors: ['sip:bob@example.com'], name: 'Bob', labels: ['2'], channels: [2] },
      ],
      streams: [
        { label: '1', channel: 1, packets: 150, lost: 0, codecs: [{ name: 'PCMU', kept: 'wav' }] },
        { label: '2', channel: 2, packets: 150, lost: 0 },
      ],
      metadata: [{ method: 'INVITE', document: conversation() }],
    });
    const { rate, channels } = audioOf(finished);
    const found = channels.map((channel, i) => correlate(said[i]!, channel, rate));
    for (const { coefficient } of found) expect(coefficient).toBeGreaterThan(0.99);
    expect(Math.abs(found[0]!.offsetMs - found[1]!.offsetMs)).toBeLessThan(20);
    expect(correlate(said[0], channels[1]!, rate).coefficient).toBeLessThan(0.3);
    await expect(house.recorder.recordings({ party: 'ALICE' })).resolves.toMatchObject([
      { id: finished.id, audio: finished.audio },
    ]);
    expect(existsSync(`${finished.audio}.part`)).toBe(false);
  });

  it('is silent for as long as it is inactive', async () => {
    const client = await house.client('udp');
    const alice = await house.speaker();
    const active = [{ from: alice.endpoint }];
    const answered = await client.invite(client.describe(active), conversation());
    const [line] = described(answered.response.body).media;
    const samples = speech('alice', 20);
    const stop = new AbortController();
    const speaking = alice.speak({ samples }, endpointOf(line!), stop.signal);
    const saidMs = (): number => alice.said * 20;
    const says = async (ms: number): Promise<void> => {
      for (const until = saidMs() + ms; saidMs() < until; ) await pause(5);
    };
    await says(1000);
    const pauseAsked = performance.now();
    const paused = await client.reinvite(
      client.describe([{ from: alice.endpoint, direction: 'inactive' }]),
    );
    expect(described(paused.response.body).media).toMatchObject([
      { direction: 'inactive', port: line!.port },
    ]);
    const pauseAnswered = performance.now();
    await says(1500);
    const resumptionAsked = performance.now();
    const resumed = await client.reinvite(client.describe(active));
    expect(described(resumed.response.body).media).toMatchObject([{ direction: 'recvonly' }]);
    const resumptionAnswered = performance.now();
    const goesOn = saidMs();
    await says(1200);
    stop.abort();
    await speaking;
    await client.dialog!.bye();
    const { streams, pauses, ...finished } = await house.finished();
    const { rate, channels } = audioOf({ streams, pauses, ...finished });
    expect(pauses).toHaveLength(1);
    const { fromMs, toMs = 0 } = pauses[0]!;
    // It began and ended between the question and its answer.
    expect(toMs - fromMs).toBeGreaterThan(resumptionAsked - pauseAnswered - 20);
    expect(toMs - fromMs).toBeLessThan(resumptionAnswered - pauseAsked + 20);
    expect(peak(cut(channels[0]!, rate, fromMs + 25, toMs - 25))).toBe(0);
    expect(streams[0]!.lost).toBe(0);
    expect(streams[0]!.whilePaused).toBeGreaterThan(70);
    const before = correlate(cut(samples, rate, 0, 800), channels[0]!, rate);
    const after = correlate(cut(samples, rate, goesOn + 100, goesOn + 1100), channels[0]!, rate);
    expect(before.coefficient).toBeGreaterThan(0.98);
    expect(after.coefficient).toBeGreaterThan(0.98);
    expect(after.offsetMs - before.offsetMs).toBeCloseTo(goesOn + 100, 0);
  });

  it('may add and remove lines; every m-line is answered in its place', async () => {
    const client = await house.client();
    const [one, two] = [await house.speaker(), await house.speaker()];
    const video = { kind: 'video', payloads: [{ ...PCMU, payloadType: 96, codec: 'H264' }] };
    const first = await client.invite(
      client.describe([
        { from: one.endpoint },
        { from: two.endpoint, ...video },
        { from: two.endpoint },
      ]),
    );
    const before = described(first.response.body).media;
    expect(before).toMatchObject([
      { kind: 'audio', label: '1' },
      { kind: 'video', port: 0 },
      { kind: 'audio', label: '3' },
    ]);
    const second = await client.reinvite(
      client.describe([{ from: undefined }, { from: undefined, ...video }, { from: two.endpoint }]),
    );
    const after = described(second.response.body).media;
    expect(after).toMatchObject([{ port: 0 }, { port: 0 }, { port: before[2]!.port }]);
    const third = await client.reinvite(
      client.describe([
        { from: one.endpoint },
        { from: undefined, ...video },
        { from: two.endpoint },
      ]),
    );
    expect(described(third.response.body).media[0]!.port).toBeGreaterThan(0);
    await two.speak({ samples: speech('bob', 1) }, endpointOf(before[2]!));
    await client.dialog!.bye();
    const finished = await house.finished();
    expect(finished.wav.channels).toBe(2);
    expect(finished.streams.find(({ label }) => label === '3')).toMatchObject({
      channel: 2,
      packets: 50,
    });
    expect(peak(audioOf(finished).channels[1]!)).toBeGreaterThan(1000);
  });

  it('answers an offerless re-INVITE with an offer of the same lines', async () => {
    const client = await house.client();
    const alice = await house.speaker();
    const first = await client.invite(client.describe([{ from: alice.endpoint }]), conversation());
    const second = await client.reinvite(undefined);
    if (second.kind !== 'accepted') throw new Error('rejected');
    const [offered] = described(second.response.body).media;
    expect(offered).toMatchObject({ direction: 'recvonly', label: '1' });
    expect(offered!.port).toBe(described(first.response.body).media[0]!.port);
    const inactive = [{ from: alice.endpoint, direction: 'inactive' as const }];
    second.ack(client.describe(inactive));
    // What comes after it is answered when that has been done.
    await client.reinvite(client.describe(inactive));
    await alice.speak({ samples: speech('alice', 1) }, endpointOf(offered!));
    await client.dialog!.bye();
    const { streams } = await house.finished();
    expect(streams).toMatchObject([{ packets: 0, whilePaused: 50 }]);
  });

  it('learns from UPDATE without an offer, and from one that leaves the labels out', async () => {
    const client = await house.client();
    const alice = await house.speaker();
    await client.invite(client.describe([{ from: alice.endpoint }]), conversation());
    const update = conversation()
      .replace('<name>Bob</name>', '<name>Carol</name>')
      .replaceAll(/<label>.<\/label>/g, '');
    const response = await client.dialog!.request('UPDATE', {
      headers: {
        'Content-Type': 'application/rs-metadata',
        'Content-Disposition': 'recording-session',
      },
      body: update,
    });
    expect(response.status).toBe(200);
    expect(response.body).toBe('');
    await client.dialog!.bye();
    const { participants, metadata } = await house.finished();
    expect(participants).toMatchObject([
      { name: 'Alice', labels: ['1'], channels: [1] },
      { name: 'Carol', labels: ['2'] },
    ]);
    expect(metadata.map(({ method }) => method)).toEqual(['INVITE', 'UPDATE']);
  });

  it('is recorded when its metadata is broken, which is kept, and asked for anew', async () => {
    const client = await house.client();
    const alice = await house.speaker();
    const answered = await client.invite(
      client.describe([{ from: alice.endpoint }]),
      '<recording><participant',
    );
    const [line] = described(answered.response.body).media;
    await alice.speak({ samples: speech('alice', 1) }, endpointOf(line!));
    expect(client.requests[0]?.body).toContain('<requestsnapshot');
    expect(client.requests[0]?.header('content-disposition')).toBe('recording-session');
    await client.dialog!.bye();
    const { metadata, streams } = await house.finished();
    expect(metadata).toMatchObject([
      { document: '<recording><participant', problem: expect.any(String) },
    ]);
    expect(streams).toMatchObject([{ packets: 50 }]);
  });

  it('has one channel for one line, and opens at 16 kHz for a wideband codec', async () => {
    const client = await house.client();
    const alice = await house.speaker();
    const payloads = [
      { ...PCMU, payloadType: 18, codec: 'G729' },
      { ...PCMU, payloadType: 9, codec: 'G722' },
      PCMU,
      { ...PCMU, payloadType: 101, codec: 'telephone-event' },
    ];
    const answered = await client.invite(client.describe([{ from: alice.endpoint, payloads }]));
    const [line] = described(answered.response.body).media;
    // What can be decoded is wanted; the rest would only be kept.
    expect(line!.formats).toEqual(['9', '0', '101']);
    await client.dialog!.bye();
    expect((await house.finished()).wav).toMatchObject({ rate: 16_000, channels: 1 });
  });

  it('is recorded over IPv6, with RTCP on the port of RTP', async () => {
    const six = await House.open({ rtp: { address: '::1', ports: await freeRange(40) } });
    try {
      const client = await six.client();
      const alice = await six.speaker('::1');
      const from = { ...alice.endpoint, address: '0:0:0:0:0:0:0:1' };
      const answered = await client.invite(client.describe([{ from, rtcpMux: true }]));
      const [line] = described(answered.response.body).media;
      expect(line).toMatchObject({ rtcpMux: true, connection: { family: 6, address: '::1' } });
      const to = { ...endpointOf(line!), rtcpPort: line!.port };
      const heard = new Promise((resolve) => alice.rtp.once('message', resolve));
      const samples = speech('alice', 6);
      const stop = new AbortController();
      const speaking = alice.speak({ samples, reportEveryMs: 500, muxed: true }, to, stop.signal);
      // The first receiver report comes after two and a half seconds at the earliest, five at the latest.
      expect(classify((await heard) as Buffer, 0, 8)).toBe(DATAGRAM.rtcp);
      stop.abort();
      await speaking;
      await client.dialog!.bye();
      const { streams } = await six.finished();
      expect(streams).toMatchObject([{ alignedBy: 'sender-reports', lost: 0, strangers: 0 }]);
      expect(streams[0]!.packets).toBeGreaterThan(100);
    } finally {
      await six.close();
    }
  });

  it('of three lines is a file of three channels', async () => {
    const client = await house.client();
    const speakers = [await house.speaker(), await house.speaker(), await house.speaker()];
    const offer = client.describe(speakers.map(({ endpoint }) => ({ from: endpoint })));
    const answered = await client.invite(offer, conversation());
    const { media } = described(answered.response.body);
    await speakers[2]!.speak({ samples: speech('bob', 1) }, endpointOf(media[2]!));
    await client.dialog!.bye();
    const finished = await house.finished();
    expect(finished.wav.channels).toBe(3);
    expect(audioOf(finished).channels.map((channel) => peak(channel) > 1000)).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('that is over leaves nothing open, and the recorder ends the others with BYE', async () => {
    const client = await house.client();
    const alice = await house.speaker();
    await client.invite(client.describe([{ from: alice.endpoint }]), conversation());
    const ended = new Promise<string | undefined>((resolve) => {
      client.dialog!.onEnd = ({ by, message }) => resolve(`${by} ${message?.header('reason')}`);
    });
    await house.recorder.close();
    await expect(ended).resolves.toMatch(/^peer .*shutting down/);
    expect(house.events.map(({ kind }) => kind)).toEqual(['started', 'finished']);
    expect((await house.finished()).end).toMatchObject({ by: 'recorder' });
    const refused = await client.invite(client.describe([{ from: alice.endpoint }]));
    expect(refused).toMatchObject({ kind: 'rejected', response: { status: 503 } });
  });
});

describe('an INVITE that cannot be recorded', () => {
  const plain = { Require: [], Contact: '<sip:phone@localhost>' };

  it('is refused when it is an ordinary call', async () => {
    const client = await house.client();
    const alice = await house.speaker();
    const refused = await client.invite(
      client.describe([{ from: alice.endpoint }]),
      undefined,
      plain,
    );
    expect(refused).toMatchObject({ kind: 'rejected', response: { status: 403 } });
    expect(refused.response.header('warning')).toContain('RFC 7866');
    expect(house.recorder.usage()).toMatchObject({ refused: 1, live: 0 });
  });

  it.each([
    ['an offer of SRTP alone', '302', 'RTP/SAVP', 'audio'],
    ['an offer without audio', '304', 'RTP/AVP', 'video'],
  ])('is refused with a warning: %s', async (_name, code, protocol, kind) => {
    const client = await house.client();
    const alice = await house.speaker();
    const offer = client.describe([{ from: alice.endpoint, protocol, kind }]);
    const refused = await client.invite(offer, conversation());
    expect(refused).toMatchObject({ kind: 'rejected', response: { status: 488 } });
    expect(refused.response.header('warning')).toContain(code);
  });

  it('is refused when it has no offer, or one that is none', async () => {
    const client = await house.client();
    for (const sdp of [undefined, 'v=0\r\nm=nonsense\r\n']) {
      const refused = await client.invite(sdp, conversation());
      expect(refused).toMatchObject({ kind: 'rejected', response: { status: 488 } });
    }
  });

  it('is refused when it requires what nobody knows', async () => {
    const client = await house.client();
    const alice = await house.speaker();
    const offer = client.describe([{ from: alice.endpoint }]);
    const refused = await client.invite(offer, conversation(), { Require: 'siprec, teleport' });
    expect(refused).toMatchObject({ kind: 'rejected', response: { status: 420 } });
    expect(refused.response.header('unsupported')).toBe('teleport');
  });

  it.each([
    [
      'src as a parameter of the Contact, without Require',
      { Require: [], Contact: '<sip:b@localhost>;src' },
      '',
    ],
    [
      '+sip.src inside the URI of the Contact',
      { Require: [], Contact: '<sip:b@localhost;+sip.src>' },
      '',
    ],
    ['metadata alone', plain, 'xml'],
    [
      'a header of Cisco',
      { ...plain, 'X-Cisco-Recording-Participant': 'sip:7@h;media-index="0"' },
      '',
    ],
  ])('is none of these: %s', async (_name, headers, xml) => {
    const client = await house.client();
    const alice = await house.speaker();
    const answered = await client.invite(
      client.describe([{ from: alice.endpoint }]),
      xml ? conversation() : undefined,
      headers,
    );
    expect(answered.kind).toBe('accepted');
    await client.dialog!.bye();
    await house.finished();
  });

  it('is not asked for metadata when it has told its parties in a header of Cisco', async () => {
    const client = await house.client();
    const alice = await house.speaker();
    const party = { 'X-Cisco-Recording-Participant': 'sip:7@h;media-index="0"' };
    const offer = client.describe([{ from: alice.endpoint }]);
    const answered = await client.invite(offer, undefined, { ...plain, ...party });
    const [line] = described(answered.response.body).media;
    await alice.speak({ samples: speech('alice', 1) }, endpointOf(line!));
    await client.dialog!.bye();
    await house.finished();
    expect(client.requests).toEqual([]);
  });
});
