import type { SrtpRule, SrtpSession, WireSecurity } from '../../../src/media';
import {
  newKeys,
  readCryptoAttribute,
  suiteNamed,
  writeCryptoAttribute,
} from '../../../src/media/srtp';
import { MediaAddresses } from '../../../src/sip/media/addresses';
import { SessionMedia } from '../../../src/sip/media/session-media';
import { FakePlane } from './fake-plane';

const RULES: readonly SrtpRule[] = ['mirror', 'required', 'optional', 'never'];
const CM = 'AES_CM_128_HMAC_SHA1_80';
const GCM = 'AEAD_AES_256_GCM';

interface Line {
  readonly protocol?: string;
  readonly port?: number;
  readonly crypto?: readonly string[];
  readonly attributes?: readonly string[];
}

function description(...lines: readonly Line[]): string {
  return [
    'v=0',
    'o=them 1 1 IN IP4 192.0.2.1',
    's=-',
    'c=IN IP4 192.0.2.1',
    't=0 0',
    ...lines.flatMap(({ protocol = 'RTP/AVP', port = 4000, crypto = [], attributes = [] }) => [
      `m=audio ${port} ${protocol} 0`,
      ...attributes.map((one) => `a=${one}`),
      ...crypto.map((one) => `a=crypto:${one}`),
    ]),
    '',
  ].join('\r\n');
}

/** A crypto attribute that nobody has had before. */
function key(tag = '1', suite = CM): string {
  return writeCryptoAttribute({ tag, keys: newKeys(suiteNamed(suite)!) });
}

const plain = description({});
const secure = (...crypto: string[]) => description({ protocol: 'RTP/SAVP', crypto });

/** What a description says of SRTP, in one line for each m-line: `RTP/SAVP 1:SUITE 2:SUITE`. */
function said(text: string): string[] {
  const lines: string[] = [];
  for (const [, protocol, tag, suite] of text.matchAll(
    /^(?:m=\S+ \d+ (\S+) .*|a=crypto:(\d+) (\S+).*)$/gm,
  )) {
    if (protocol) lines.push(protocol);
    else lines[lines.length - 1] += ` ${tag}:${suite}`;
  }
  return lines;
}

function cryptosIn(text: string): string[] {
  return [...text.matchAll(/^a=crypto:(.*?)\r?$/gm)].map(([, value]) => value!);
}

const keysOf = (value: string) => readCryptoAttribute(value)!.keys;

describe('SRTP in the descriptions of a call', () => {
  let plane: FakePlane;
  let media: SessionMedia;

  function begin(a: SrtpRule = 'mirror', b: SrtpRule = 'mirror'): void {
    plane = new FakePlane();
    const addresses = new MediaAddresses({ bind: '127.0.0.1' }, undefined);
    const families = { a: 4, b: 4 } as const;
    const rules = { a, b };
    media = new SessionMedia(
      plane,
      'call',
      addresses,
      () => '42',
      families,
      undefined,
      undefined,
      rules,
    );
  }

  beforeEach(() => begin());

  const secured = (side: 'a' | 'b'): WireSecurity => plane.lines[0]!.secured[side] ?? 'clear';
  const session = (side: 'a' | 'b') => secured(side) as SrtpSession;

  it('has keys of our own on each leg, in the order of the suites that were offered', async () => {
    const [theirs, other] = [key('7', GCM), key('9')];
    const offer = await media.offer('a', secure(theirs, other));
    expect(said(offer)).toEqual([`RTP/SAVP 1:${GCM} 2:${CM}`]);
    expect(secured('b')).toBe('keys-awaited');
    const answered = key('2');
    const answer = await media.answer('b', secure(answered), true);
    expect(said(answer)).toEqual([`RTP/SAVP 7:${GCM}`]);
    expect(session('a')).toEqual({
      send: keysOf(cryptosIn(answer)[0]!),
      receive: keysOf(theirs),
    });
    expect(session('b')).toEqual({
      send: keysOf(cryptosIn(offer)[1]!),
      receive: keysOf(answered),
    });
    const all = [theirs, other, answered, ...cryptosIn(offer), ...cryptosIn(answer)];
    expect(new Set(all.map((one) => /inline:(\S+)/.exec(one)![1])).size).toBe(all.length);
  });

  it.each<[string, SrtpRule, string, string]>([
    ['mirror', 'mirror', plain, 'RTP/AVP'],
    ['required', 'required', plain, `RTP/SAVP 1:${CM}`],
    ['optional', 'optional', plain, `RTP/AVP 1:${CM}`],
    ['never', 'never', plain, 'RTP/AVP'],
  ])(
    'offers a callee that is to be called by %s, for a caller in the clear',
    async (_n, rule, offered, begins) => {
      begin('mirror', rule);
      const [line] = said(await media.offer('a', offered));
      expect(line!.startsWith(begins)).toBe(true);
      expect(line!.includes('crypto') || line!.includes(':')).toBe(begins.includes(':'));
    },
  );

  it.each<[SrtpRule, string]>([
    ['mirror', `RTP/SAVP 1:${CM}`],
    ['required', `RTP/SAVP 1:${CM} 2:AES_CM_128_HMAC_SHA1_32`],
    ['optional', `RTP/AVP 1:${CM} 2:AES_CM_128_HMAC_SHA1_32`],
    ['never', 'RTP/AVP'],
  ])('offers a callee that is to be called by %s, for a caller by SRTP', async (rule, begins) => {
    begin('mirror', rule);
    const [line] = said(await media.offer('a', secure(key())));
    expect(line!.startsWith(begins)).toBe(true);
  });

  it('is on one leg alone when the other is in the clear', async () => {
    begin('mirror', 'never');
    expect(said(await media.offer('a', secure(key('3'))))).toEqual(['RTP/AVP']);
    const answer = await media.answer('b', plain, true);
    expect(said(answer)).toEqual([`RTP/SAVP 3:${CM}`]);
    expect(secured('b')).toBe('clear');
    expect(session('a').receive.suite).toBe(CM);
    expect(media.recordable).toBeDefined();
  });

  it('keeps the profile for feedback, whatever becomes of SRTP', async () => {
    begin('mirror', 'never');
    const offer = await media.offer('a', description({ protocol: 'RTP/SAVPF', crypto: [key()] }));
    expect(said(offer)).toEqual(['RTP/AVPF']);
    const answer = await media.answer('b', description({ protocol: 'RTP/AVPF' }), true);
    expect(said(answer)).toEqual([`RTP/SAVPF 1:${CM}`]);
  });

  it('takes keys beside a profile in the clear as an offer that may be read over (RFC 8643)', async () => {
    const offer = await media.offer('a', description({ crypto: [key()] }));
    expect(said(offer)).toEqual([`RTP/AVP 1:${CM}`]);
    const answer = await media.answer('b', plain, true);
    expect(said(answer)).toEqual([`RTP/AVP 1:${CM}`]);
    expect([secured('b'), session('a').receive.suite]).toEqual(['clear', CM]);
  });

  it('lets nobody see the keys and fingerprints of the other side', async () => {
    const theirs = key('1');
    const attributes = ['fingerprint:sha-256 AB:CD', 'setup:actpass'];
    const offer = await media.offer('a', description({ crypto: [theirs], attributes }));
    expect(offer).not.toContain(theirs);
    expect(offer).not.toMatch(/fingerprint|setup/);
  });

  it('passes DTLS-SRTP as it is, and is told nothing about it', async () => {
    const dtls = {
      protocol: 'UDP/TLS/RTP/SAVPF',
      attributes: ['fingerprint:sha-256 AB:CD', 'setup:actpass'],
    };
    const offer = await media.offer('a', description(dtls));
    expect(offer).toContain('m=audio 30002 UDP/TLS/RTP/SAVPF 0');
    expect(offer).toContain('a=fingerprint:sha-256 AB:CD');
    const old = await media.offer('a', description({ ...dtls, protocol: 'RTP/SAVPF' }));
    expect(old).toContain('RTP/SAVPF 0');
    expect(old).toContain('a=setup:actpass');
    expect(plane.lines[0]!.options.opaque).toBe(true);
    expect([secured('a'), secured('b')]).toEqual(['clear', 'clear']);
    expect(media.recordable).toBeUndefined();
  });

  it.each<[string, SrtpRule, SrtpRule, string, string]>([
    ['a caller that must', 'required', 'mirror', plain, 'SRTP_REQUIRED'],
    ['a caller that must not', 'never', 'mirror', secure(key()), 'SRTP_NOT_ALLOWED'],
    [
      'a caller with DTLS and a callee that must not',
      'mirror',
      'never',
      description({ protocol: 'UDP/TLS/RTP/SAVP' }),
      'SRTP_NOT_ALLOWED',
    ],
    ['a caller without keys', 'mirror', 'mirror', secure(), 'SRTP_KEYS_UNUSABLE'],
    [
      'a caller with suites of its own',
      'mirror',
      'mirror',
      secure('1 F8_128_HMAC_SHA1_80 inline:AAAA'),
      'SRTP_KEYS_UNUSABLE',
    ],
  ])('refuses %s', async (_who, a, b, offer, code) => {
    begin(a, b);
    await expect(media.offer('a', offer)).rejects.toMatchObject({ code, sip: 488 });
  });

  it.each<[string, string]>([
    ['no key', secure()],
    ['a suite that was not offered', secure(key('1', GCM))],
    ['a profile in the clear', plain],
  ])('refuses a callee that answers SRTP with %s', async (_what, answer) => {
    await media.offer('a', secure(key()));
    await expect(media.answer('b', answer, true)).rejects.toMatchObject({
      code: 'SRTP_KEYS_UNUSABLE',
    });
  });

  it('understands a callee that numbers its answer as it likes', async () => {
    await media.offer('a', secure(key('1', GCM), key('2')));
    await media.answer('b', secure(key('1')), true);
    expect(session('b').send.suite).toBe(CM);
  });

  describe('once agreed', () => {
    const [hers, his] = [key('4'), key('1')];
    let offered: string;
    let answered: string;

    beforeEach(async () => {
      offered = await media.offer('a', secure(hers));
      answered = await media.answer('b', secure(his), true);
    });

    it('stays as it is, keys and versions included, when a change leaves it', async () => {
      const before = { a: secured('a'), b: secured('b') };
      expect(await media.offer('a', secure(hers))).toBe(offered);
      expect(await media.answer('b', secure(his), true)).toBe(answered);
      expect({ a: secured('a'), b: secured('b') }).toEqual(before);
    });

    it('stays when the other side asks for the change', async () => {
      const offer = await media.offer('b', secure(his));
      expect(cryptosIn(offer)).toEqual(cryptosIn(answered));
      const answer = await media.answer('a', secure(hers), true);
      expect(cryptosIn(answer)).toEqual(cryptosIn(offered));
    });

    it('follows a side that changes its key, with a new one of ours, and leaves the other alone', async () => {
      const before = { a: session('a'), b: session('b') };
      const newer = key('4');
      expect(cryptosIn(await media.offer('a', secure(newer)))).toEqual(cryptosIn(offered));
      expect(session('a')).toEqual(before.a);
      const answer = await media.answer('b', secure(his), true);
      expect(session('a')).toEqual({
        send: keysOf(cryptosIn(answer)[0]!),
        receive: keysOf(newer),
      });
      expect(session('a').send).not.toEqual(before.a.send);
      expect(session('b')).toEqual(before.b);
    });

    it('stays with the old keys when the change is refused', async () => {
      const before = session('a');
      await media.offer('a', secure(key('4')));
      await media.refused();
      expect(session('a')).toEqual(before);
      expect(await media.offer('b', secure(his))).toContain(cryptosIn(answered)[0]!);
    });

    it('follows a side that answers with a new key', async () => {
      await media.offer('a', secure(hers));
      const newer = key('1');
      await media.answer('b', secure(newer), true);
      expect(session('b').receive).toEqual(keysOf(newer));
      expect(session('b').send).toEqual(keysOf(cryptosIn(offered)[0]!));
    });

    it('is told again as it stands, and heard when that is answered', async () => {
      const repetition = await media.repeat('b');
      expect(repetition!.text).toBe(offered);
      const newer = key('1');
      await media.answerRepetition('b', secure(newer));
      expect(session('b').receive).toEqual(keysOf(newer));
    });
  });

  it('gives each target keys of its own, and the caller one answer', async () => {
    const theirs = secure(key());
    const first = await media.offer('a', theirs);
    const early = await media.answer('b', secure(key()), false);
    media.turnTo(4, { srtp: 'required' });
    const second = await media.offer('a', theirs);
    expect(cryptosIn(second)).not.toContain(cryptosIn(first)[0]);
    expect(secured('b')).toBe('keys-awaited');
    expect(cryptosIn(await media.answer('b', secure(key()), true))).toEqual(cryptosIn(early));
  });

  it('keeps the line and the contexts of audio that is switched off, for when it is back with the same keys', async () => {
    const [theirs, other] = [key(), key()];
    const off = description({ protocol: 'RTP/SAVP', port: 0 });
    await media.offer('a', secure(theirs));
    const answer = await media.answer('b', secure(other), true);
    const before = [session('a'), session('b')];
    for (let twice = 0; twice < 2; twice++) {
      expect(said(await media.offer('a', off))).toEqual([expect.stringMatching(/^RTP\/SAVP/)]);
      await media.answer('b', off, true);
      expect([session('a'), session('b')]).toEqual(before);
    }
    await media.offer('a', secure(theirs));
    expect(cryptosIn(await media.answer('b', secure(other), true))).toEqual(cryptosIn(answer));
    expect([session('a'), session('b')]).toEqual(before);
    expect(plane.lines.map(({ closed }) => closed)).toEqual([false]);
  });

  it('has a new key for who comes back with another one', async () => {
    await media.offer('a', secure(key()));
    await media.answer('b', secure(key()), true);
    const before = session('a');
    const off = description({ protocol: 'RTP/SAVP', port: 0 });
    await media.offer('a', off);
    await media.answer('b', off, true);
    const newer = key();
    await media.offer('a', secure(newer));
    await media.answer('b', secure(key()), true);
    expect(session('a').receive).toEqual(keysOf(newer));
    expect(session('a').send).not.toEqual(before.send);
  });

  it('has new keys for a line that was refused and comes again', async () => {
    const first = await media.offer('a', secure(key()));
    await media.answer('b', description({ protocol: 'RTP/SAVP', port: 0 }), true);
    const second = await media.offer('a', secure(key()));
    expect(cryptosIn(second)).not.toEqual(cryptosIn(first));
  });

  it('refuses a line in the profile that it was offered in, without keys', async () => {
    begin('mirror', 'never');
    await media.offer('a', secure(key()));
    const answer = await media.answer('b', description({ port: 0 }), true);
    expect(said(answer)).toEqual(['RTP/SAVP']);
    expect(said(await media.offer('a', description({ protocol: 'RTP/SAVP', port: 0 })))).toEqual([
      'RTP/SAVP',
    ]);
  });

  it('treats each m-line for itself', async () => {
    const two = description(
      { protocol: 'RTP/SAVP', crypto: [key()] },
      { crypto: [] },
      { protocol: 'UDP/TLS/RTP/SAVP', attributes: ['fingerprint:sha-256 AB:CD'] },
    );
    const offer = await media.offer('a', two);
    expect(said(offer)).toEqual([`RTP/SAVP 1:${CM}`, 'RTP/AVP', 'UDP/TLS/RTP/SAVP']);
    expect(offer).toContain('a=fingerprint:sha-256 AB:CD');
  });

  it.each(RULES)('works with an offer that comes from the callee, called by %s', async (rule) => {
    begin(rule, 'mirror');
    const offer = await media.offer('b', secure(key()));
    const answer = await media.answer('a', rule === 'never' ? plain : secure(key()), true);
    expect(
      said(offer)[0]!.startsWith(rule === 'never' || rule === 'optional' ? 'RTP/AVP' : 'RTP/SAVP'),
    ).toBe(true);
    expect(said(answer)).toEqual([`RTP/SAVP 1:${CM}`]);
  });
});
