import { MediaAddresses } from '../../../src/sip/media/addresses';
import { SessionMedia } from '../../../src/sip/media/session-media';
import { FakePlane } from './fake-plane';

function description(
  ...lines: ReadonlyArray<{ address?: string; media?: string; attributes?: string[] }>
): string {
  return [
    'v=0',
    'o=them 1 1 IN IP4 192.0.2.1',
    's=-',
    't=0 0',
    ...lines.flatMap(({ address = '192.0.2.1', media = 'audio 4000 RTP/AVP 0 8', attributes }) => [
      `m=${media}`,
      `c=IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`,
      ...(attributes ?? []),
    ]),
    '',
  ].join('\r\n');
}

const AUDIO = description({});
const VIDEO = { media: 'video 4010 RTP/AVP 96', attributes: ['a=rtpmap:96 VP8/90000'] };

function mLines(text: string): string[] {
  return [...text.matchAll(/^m=(\S+ \d+)/gm)].map(([, line]) => line!);
}

describe('the media of a call', () => {
  const ipv6 = { bind: '2001:db8::1' };
  let plane: FakePlane;
  let media: SessionMedia;

  function begin(options: { room?: number; advertise?: string; ipv6?: { bind: string } } = {}) {
    plane = new FakePlane(options.room);
    const ipv4 = { bind: '127.0.0.1', advertise: options.advertise };
    const addresses = new MediaAddresses(ipv4, options.ipv6);
    media = new SessionMedia(plane, 'call', addresses, () => '42', { a: 4, b: 4 });
  }

  beforeEach(() => begin());

  async function agreed(): Promise<void> {
    await media.offer('a', AUDIO);
    await media.answer('b', description({ address: '192.0.2.2' }), true);
  }

  describe('into which something is to be played', () => {
    const MANY = description({ media: 'audio 4000 RTP/AVP 18 0' });
    const formats = (text: string) => /RTP\/AVP ([\d ]+)/.exec(text)?.[1];

    beforeEach(() => {
      const addresses = new MediaAddresses({ bind: '127.0.0.1' }, undefined);
      media = new SessionMedia(
        plane,
        'call',
        addresses,
        () => '42',
        { a: 4, b: 4 },
        undefined,
        () => (format) => format.codec === 'PCMU',
      );
    });

    it('is offered without the codecs that stand in the way, by either side', async () => {
      expect(formats(await media.offer('a', MANY))).toBe('0');
      expect(media.narrowed).toBe(true);
      await media.answer('b', description({ media: 'audio 4000 RTP/AVP 0' }), true);
      const [line] = media.agreement!.lines;
      expect(line!.terms.toAnswerer.map(({ codec }) => codec)).toEqual(['PCMU']);
      // The same again, of which only a part went on, is nothing new.
      expect(media.isStanding('a', MANY)).toBe(true);
      expect(formats((await media.repeat('b'))!.text)).toBe('0');
      expect(formats(await media.offer('b', MANY))).toBe('0');
    });

    it('is offered whole to a target that refused the rest, and narrowed to the next', async () => {
      media.turnTo(4, { whole: true });
      expect(formats(await media.offer('a', MANY))).toBe('18 0');
      expect(media.narrowed).toBe(false);
      media.turnTo(4);
      expect(formats(await media.offer('a', MANY))).toBe('0');
    });

    it('shows before the answer what would be agreed on', async () => {
      await media.offer('a', MANY);
      expect(media.foreseen).toBeUndefined();
      await media.answer('b', description({ media: 'audio 4000 RTP/AVP 0' }), false);
      expect(media.agreement).toBeUndefined();
      expect(media.foreseen?.lines[0]?.line).toBeDefined();
    });
  });

  it('leads both sides to us, and knows where each of them is', async () => {
    const offer = await media.offer('a', AUDIO);
    expect(offer).toContain('c=IN IP4 127.0.0.1');
    expect(offer).not.toContain('192.0.2');
    const line = plane.lines[0]!;
    expect(mLines(offer)).toEqual([`audio ${line.local.b.rtpPort}`]);
    expect(line.expected.a).toEqual({ address: '192.0.2.1', rtpPort: 4000, rtcpPort: 4001 });
    const answer = await media.answer('b', description({ address: '192.0.2.2' }), true);
    expect(mLines(answer)).toEqual([`audio ${line.local.a.rtpPort}`]);
    expect(line.expected.b?.address).toBe('192.0.2.2');
    expect(line.described).toMatchObject({ watch: true, clockRates: { 0: 8000, 8: 8000 } });
  });

  it('tells a party where to send to when the plane knows where that goes', async () => {
    await media.offer('a', AUDIO);
    const line = plane.lines[0]!;
    let known = () => {};
    line.slow = new Promise((resolve) => {
      known = resolve;
    });
    let told = false;
    const answering = media.answer('b', description({ address: '192.0.2.2' }), true).then(() => {
      told = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(line.expected.b?.address).toBe('192.0.2.2');
    expect(line.described).toMatchObject({ watch: true });
    expect(told).toBe(false);
    known();
    await answering;
  });

  it('shows the address of the NAT it stands behind', async () => {
    begin({ advertise: '198.51.100.7' });
    const offer = await media.offer('a', AUDIO);
    expect(offer).toContain('c=IN IP4 198.51.100.7');
    expect(offer).not.toContain('127.0.0.1');
  });

  it('keeps its ports and counts its versions when the session is changed', async () => {
    await agreed();
    const hold = description({ attributes: ['a=sendonly'] });
    const offer = await media.offer('a', hold);
    expect(offer).toMatch(/^o=- 42 2 /m);
    await media.answer('b', description({ attributes: ['a=recvonly'] }), true);
    expect(plane.lines).toHaveLength(1);
    expect(plane.lines[0]!.described.watch).toBe(false);
  });

  it('opens lines for what is added, and closes them when it is refused or dropped', async () => {
    await agreed();
    await media.offer('b', description({}, VIDEO));
    expect(plane.living).toHaveLength(2);
    await media.answer('a', description({}, { ...VIDEO, media: 'video 0 RTP/AVP 96' }), true);
    expect(plane.living).toHaveLength(1);
    await media.offer('b', description({}, VIDEO));
    await media.answer('a', description({}, VIDEO), true);
    expect(plane.living).toHaveLength(2);
    await media.offer('a', description({}, { ...VIDEO, media: 'video 0 RTP/AVP 96' }));
    expect(plane.living).toHaveLength(2);
    await media.answer('b', description({}, { ...VIDEO, media: 'video 0 RTP/AVP 96' }), true);
    expect(plane.living).toHaveLength(1);
  });

  it('keeps the line of audio that is switched off, so that who records it hears it when it is back', async () => {
    await agreed();
    const off = description({ media: 'audio 0 RTP/AVP 0 8' });
    for (let twice = 0; twice < 2; twice++) {
      expect(mLines(await media.offer('a', off))).toEqual(['audio 0']);
      expect(mLines(await media.answer('b', off, true))).toEqual(['audio 0']);
    }
    expect(plane.lines[0]!.described).toMatchObject({ watch: false, held: true });
    await agreed();
    expect(plane.living.map(({ id }) => id)).toEqual(['line-0']);
    expect(media.agreement!.lines[0]!.line).toBe(plane.lines[0]);
    expect(plane.lines[0]!.described).toMatchObject({ watch: true, held: false });
  });

  describe('where a side changes its address family', () => {
    const over6 = (text: string): string => text.replaceAll('IP4 192.0.2.1', 'IP6 2001:db8::99');

    it('gives what records the call to the line that takes the place of the other, once that is agreed', async () => {
      begin({ ipv6 });
      await agreed();
      expect(await media.offer('a', over6(AUDIO))).toContain('IN IP4');
      expect(plane.living.map(({ id }) => id)).toEqual(['line-0', 'line-1']);
      expect(plane.lines[1]!.forksOf).toEqual([]);
      await media.answer('b', AUDIO, true);
      expect(plane.lines[1]!.options.bind).toEqual({ a: '2001:db8::1', b: '127.0.0.1' });
      expect(plane.lines[1]!.forksOf).toEqual(['line-0']);
      expect(plane.living.map(({ id }) => id)).toEqual(['line-1']);
      expect(media.agreement!.lines[0]!.line).toBe(plane.lines[1]);
      expect(await media.close()).toHaveLength(2);
    });

    it('goes on with the line it has when that is refused', async () => {
      begin({ ipv6 });
      await agreed();
      await media.offer('a', over6(AUDIO));
      await media.refused();
      expect(plane.living.map(({ id }) => id)).toEqual(['line-0']);
      await agreed();
      expect(media.agreement!.lines[0]!.line).toBe(plane.lines[0]);
    });
  });

  it('takes back what a refused offer had opened, and nothing else', async () => {
    await agreed();
    await media.offer('a', description({}, VIDEO));
    await media.refused();
    expect(plane.living.map(({ id }) => id)).toEqual(['line-0']);
  });

  it('keeps where a side was until its new description is answered', async () => {
    await agreed();
    await media.offer('a', description({ address: '192.0.2.99' }));
    expect(plane.lines[0]!.expected.a?.address).toBe('192.0.2.1');
    await media.answer('b', description({ address: '192.0.2.2' }), true);
    expect(plane.lines[0]!.expected.a?.address).toBe('192.0.2.99');
  });

  it('relays fax and video without looking into what is no RTP, and refuses what is no UDP', async () => {
    const fax = { media: 'image 4020 udptl t38' };
    const chat = { media: 'message 9 TCP/MSRP *' };
    const offer = await media.offer('a', description({}, fax, chat));
    expect(mLines(offer).at(-1)).toBe('message 0');
    expect(plane.lines.map(({ options }) => options.opaque)).toEqual([false, true]);
  });

  it('refuses the ninth line and those after it', async () => {
    const offer = await media.offer('a', description(...Array.from({ length: 12 }, () => ({}))));
    expect(plane.lines).toHaveLength(8);
    expect(mLines(offer).slice(8)).toEqual(Array.from({ length: 4 }, () => 'audio 0'));
  });

  it('holds the old way: nothing is sent to 0.0.0.0', async () => {
    await agreed();
    const offer = await media.offer('a', description({ address: '0.0.0.0' }));
    expect(offer).toContain('c=IN IP4 0.0.0.0');
    await media.answer('b', description({ address: '192.0.2.2' }), true);
    expect(plane.lines[0]!.expected.a).toBeUndefined();
  });

  it('stands between address families', async () => {
    begin({ ipv6 });
    media.turnTo(6);
    const offer = await media.offer('a', AUDIO);
    expect(offer).toContain('c=IN IP6 2001:db8::1');
    expect(plane.lines[0]!.options.bind).toEqual({ a: '127.0.0.1', b: '2001:db8::1' });
  });

  it('opens the line anew for the next target when that is of another family', async () => {
    begin({ ipv6 });
    await media.offer('a', AUDIO);
    media.turnTo(6);
    await media.offer('a', AUDIO);
    expect(plane.living.map(({ options }) => options.bind.b)).toEqual(['2001:db8::1']);
  });

  it('refuses a family for which it has no address', async () => {
    const offer = description({ address: '2001:db8::5' });
    await expect(media.offer('a', offer)).rejects.toMatchObject({ code: 'OFFER_NOT_UNDERSTOOD' });
  });

  it('takes the last preview for the answer when the final response has none', async () => {
    await media.offer('a', AUDIO);
    await media.answer('b', description({ address: '192.0.2.2' }), false);
    expect(media.agreement).toBeUndefined();
    await media.confirm();
    expect(media.agreement?.lines).toHaveLength(1);
  });

  it('refuses a description that does not say where media is to go, but for what it refuses itself', async () => {
    const nowhere = AUDIO.replace(/c=.*\r\n/, '');
    await expect(media.offer('a', nowhere)).rejects.toMatchObject({ code: 'OFFER_NOT_UNDERSTOOD' });
    expect(plane.lines).toHaveLength(0);
    const video = { media: 'video 0 RTP/AVP 96' };
    const half = description({}, video).replace(/(m=video.*\r\n)c=.*\r\n/, '$1');
    expect(mLines(await media.offer('a', half))).toHaveLength(2);
    await expect(media.answer('b', nowhere, true)).rejects.toMatchObject({
      code: 'OFFER_NOT_UNDERSTOOD',
    });
  });

  it('refuses an answer to no offer', async () => {
    await expect(media.answer('b', AUDIO, true)).rejects.toMatchObject({
      code: 'OFFER_NOT_UNDERSTOOD',
    });
  });

  it('leaves no port when there was not room for all lines', async () => {
    begin({ room: 1 });
    await expect(media.offer('a', description({}, VIDEO))).rejects.toMatchObject({
      code: 'PORTS_EXHAUSTED',
    });
    await media.close();
    expect(plane.living).toEqual([]);
  });

  it('opens nothing after it was closed', async () => {
    await agreed();
    const [report] = await media.close();
    expect(report?.kind).toBe('audio');
    await expect(media.offer('a', AUDIO)).rejects.toThrow('the call is over');
    expect(plane.living).toEqual([]);
  });
});
