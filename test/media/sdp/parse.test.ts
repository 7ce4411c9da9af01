import fc from 'fast-check';
import {
  isHold,
  isRecordable,
  type MediaDescription,
  parseSdp,
  receives,
  remoteEndpoint,
  type SessionDescription,
  sends,
} from '../../../src/media';
import * as field from './fixtures';

function read(text: string): SessionDescription {
  const parsed = parseSdp(text);
  if (!parsed.ok) throw parsed.fault;
  return parsed.value;
}

function firstLine(...lines: string[]): MediaDescription {
  return read(
    ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines].join(
      '\r\n',
    ),
  ).media[0]!;
}

describe('reading a description', () => {
  test('gives payloads in order with what their rtpmap and fmtp say', () => {
    const [audio] = read(field.WEBEX).media;
    expect(audio).toMatchObject({ kind: 'audio', port: 24680, protocol: 'RTP/AVP', ptime: 20 });
    expect(audio!.payloads).toEqual([
      {
        payloadType: 111,
        codec: 'opus',
        clockRate: 48000,
        channels: 2,
        fmtp: 'maxplaybackrate=16000;sprop-maxcapturerate=16000;useinbandfec=1',
      },
      { payloadType: 9, codec: 'G722', clockRate: 8000, channels: 1, fmtp: undefined },
      { payloadType: 0, codec: 'PCMU', clockRate: 8000, channels: 1, fmtp: undefined },
      { payloadType: 8, codec: 'PCMA', clockRate: 8000, channels: 1, fmtp: undefined },
      {
        payloadType: 107,
        codec: 'telephone-event',
        clockRate: 48000,
        channels: 1,
        fmtp: undefined,
      },
      { payloadType: 101, codec: 'telephone-event', clockRate: 8000, channels: 1, fmtp: '0-15' },
    ]);
  });

  test('leaves out formats that nobody has defined', () => {
    const media = firstLine('m=audio 4000 RTP/AVP 0 99 200 x', 'a=rtpmap:99');
    expect(media.payloads.map(({ payloadType }) => payloadType)).toEqual([0]);
    expect(media.formats).toEqual(['0', '99', '200', 'x']);
  });

  test('takes direction from the line, else from the session, else sendrecv', () => {
    const lines = ['a=inactive', 'm=audio 4000 RTP/AVP 0', 'm=audio 4002 RTP/AVP 0', 'a=recvonly'];
    const { media } = read(['v=0', 's=-', ...lines].join('\n'));
    expect(media.map(({ direction }) => direction)).toEqual(['inactive', 'recvonly']);
    expect(firstLine('m=audio 4000 RTP/AVP 0').direction).toBe('sendrecv');
  });

  test('says what the packets of each line are', () => {
    const carriages = Object.values(field.FIELD).map((text) =>
      read(text).media.map(({ kind, carriage }) => `${kind} ${carriage}`),
    );
    expect(carriages).toEqual([
      ['audio rtp'],
      ['audio rtp'],
      ['audio rtp'],
      ['audio rtp'],
      ['audio rtp'],
      ['audio rtp', 'image datagrams'],
      ['audio rtp', 'video rtp', 'application datagrams', 'message stream'],
      ['audio rtp'],
      ['audio srtp'],
      ['audio sealed'],
      ['audio rtp'],
    ]);
  });

  test('finds audio recordable that can be read, and nothing else', () => {
    const recordable = (text: string) => read(text).media.map(isRecordable);
    expect(recordable(field.VIDEO)).toEqual([true, false, false, false]);
    expect(recordable(field.T38_REINVITE)).toEqual([false, false]);
    expect(recordable(field.TEAMS_SBC)).toEqual([true]);
    expect(recordable(field.WEBRTC)).toEqual([false]);
  });

  test('keeps attributes it does not know, in order', () => {
    const [audio] = read(field.CISCO_MPP).media;
    expect(audio!.attributes.at(-1)).toEqual({ name: 'recordpref', value: 'nopreference' });
    expect(read(field.LINPHONE_ICE).attributes.map(({ name }) => name)).toContain('record');
  });

  test('reads label, ICE and RTCP of a line', () => {
    const [audio] = read(field.TEAMS_SBC).media;
    expect(audio).toMatchObject({ label: 'main-audio', ice: true, rtcpPort: 50107, rtcpMux: true });
  });

  test.each([
    ['nothing', ''],
    ['another language', 'hello\r\nworld'],
    ['no version first', 'o=- 1 1 IN IP4 1.2.3.4\r\nv=0\r\n'],
    ['an m-line without a port', 'v=0\r\nm=audio RTP/AVP 0\r\n'],
    ['a port that cannot be', 'v=0\r\nm=audio 70000 RTP/AVP 0\r\n'],
    ['a negative port', 'v=0\r\nm=audio -1 RTP/AVP 0\r\n'],
    ['too many formats', `v=0\r\nm=audio 1 RTP/AVP${' 0'.repeat(300)}\r\n`],
    ['too much text', `v=0\r\n${'a=x\r\n'.repeat(20_000)}`],
    ['too many lines', `v=0\r\n${'a=\r\n'.repeat(2_500)}`],
    ['too many m-lines', `v=0\r\n${'m=audio 1 RTP/AVP 0\r\n'.repeat(65)}`],
  ])('refuses %s', (_what, text) => {
    const parsed = parseSdp(text);
    expect(parsed).toMatchObject({ ok: false, fault: { code: 'OFFER_NOT_UNDERSTOOD' } });
  });

  test('never throws, whatever the text', () => {
    const fragment = fc.constantFrom(
      ...Object.values(field.FIELD).flatMap((text) => text.split('\r\n')),
      'm=audio 1 RTP/AVP',
      'a=rtpmap:',
      'a=rtpmap:0 /',
      'a=fmtp:0 ',
      'a=rtcp:99999999999',
      'c=IN IP4',
      'o=',
      'a=ptime:-1',
      '',
    );
    const mutilated = fc
      .tuple(fc.array(fc.oneof(fragment, fc.string()), { maxLength: 30 }), fc.nat(), fc.nat())
      .map(([lines, from, length]) => {
        const text = `v=0\r\n${lines.join('\r\n')}`;
        return text.slice(0, from % 400) + text.slice((from % 400) + (length % 7));
      });
    fc.assert(
      fc.property(mutilated, (text) => {
        const parsed = parseSdp(text);
        if (!parsed.ok) return;
        for (const media of parsed.value.media) {
          expect(media.port).toBeLessThanOrEqual(0xffff);
          remoteEndpoint(media);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('where media is to go', () => {
  test('prefers the line’s own address to the session’s', () => {
    expect(remoteEndpoint(read(field.AVAYA).media[0]!)).toEqual({
      kind: 'endpoint',
      endpoint: { address: '135.10.97.77', rtpPort: 2050, rtcpPort: 2051 },
    });
    expect(remoteEndpoint(read(field.ASTERISK).media[0]!)).toMatchObject({
      endpoint: { address: '192.0.2.8', rtcpPort: 18073 },
    });
  });

  test('takes RTCP’s port from rtcp-mux, a=rtcp or the next one', () => {
    const [audio] = read(field.LINPHONE_ICE).media;
    expect(remoteEndpoint(audio!)).toMatchObject({ endpoint: { rtpPort: 40102, rtcpPort: 40102 } });
    expect(remoteEndpoint(audio!, false)).toMatchObject({ endpoint: { rtcpPort: 40103 } });
  });

  test('knows IPv6', () => {
    expect(remoteEndpoint(read(field.WEBRTC).media[0]!)).toMatchObject({
      endpoint: { address: '2001:db8::7', rtpPort: 49203 },
    });
  });

  test.each([
    ['a disabled line', 'm=audio 0 RTP/AVP 0', '', { kind: 'disabled' }],
    ['hold of the old kind', 'm=audio 4 RTP/AVP 0', 'c=IN IP4 0.0.0.0', { kind: 'held' }],
    ['hold in IPv6', 'm=audio 4 RTP/AVP 0', 'c=IN IP6 ::', { kind: 'held' }],
    [
      'a host name',
      'm=audio 4 RTP/AVP 0',
      'c=IN IP4 media.example.com',
      { kind: 'name', name: 'media.example.com', port: 4 },
    ],
    ['multicast', 'm=audio 4 RTP/AVP 0', 'c=IN IP4 224.2.1.1/127', { kind: 'unusable' }],
    ['broadcast', 'm=audio 4 RTP/AVP 0', 'c=IN IP4 255.255.255.255', { kind: 'unusable' }],
    ['IPv6 multicast', 'm=audio 4 RTP/AVP 0', 'c=IN IP6 ff02::1', { kind: 'unusable' }],
  ])('tells %s apart', (_what, mLine, connection, remote) => {
    expect(remoteEndpoint(firstLine(mLine, connection))).toMatchObject(remote);
  });

  test('is nowhere without a c= line', () => {
    const { media } = read('v=0\r\nm=audio 4 RTP/AVP 0\r\n');
    expect(remoteEndpoint(media[0]!)).toEqual({ kind: 'unusable', address: undefined });
  });

  test.each([
    ['sendrecv', true, true],
    ['sendonly', true, false],
    ['recvonly', false, true],
    ['inactive', false, false],
  ])('%s: sends %s, receives %s', (direction, sending, receiving) => {
    const media = firstLine('m=audio 4000 RTP/AVP 0', `a=${direction}`);
    expect([sends(media), receives(media), isHold(media)]).toEqual([
      sending,
      receiving,
      !receiving,
    ]);
  });

  test('hold by address: it may send, and does not receive', () => {
    const [media] = read(field.OLD_HOLD).media;
    expect([sends(media!), receives(media!), isHold(media!)]).toEqual([true, false, true]);
  });
});
