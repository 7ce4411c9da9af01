import { resolve } from 'node:path';
import fc from 'fast-check';
import {
  isWildcard,
  type Parsed,
  parseAddressOfRecord,
  parseCidr,
  parseCodec,
  parseDatabase,
  parseHostPort,
  parseNumber,
  parseNumberPattern,
  parsePortRange,
  parseRewrite,
  parseSipListener,
  parseSipUri,
  portPairs,
  rewriteGroups,
  showHostPort,
} from '../../src/config/values';
import { isLoopback } from '../../src/core';

function value<T>(result: Parsed<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.wants}`);
  return result.value;
}

function refusal(result: Parsed<unknown>): string {
  if (result.ok) throw new Error(`taken: ${JSON.stringify(result.value)}`);
  return result.wants;
}

describe('a place to listen', () => {
  it('is a protocol, an address and a port', () => {
    expect(value(parseSipListener('udp/127.0.0.1:5060'))).toEqual({
      protocol: 'udp',
      address: '127.0.0.1',
      port: 5060,
    });
    expect(value(parseSipListener('TCP/[::1]:0'))).toEqual({
      protocol: 'tcp',
      address: '::1',
      port: 0,
    });
  });

  it.each([
    ['127.0.0.1:5060', 'wants udp/ADDRESS:PORT or tcp/ADDRESS:PORT'],
    ['tls/127.0.0.1:5061', 'wants udp/ADDRESS:PORT or tcp/ADDRESS:PORT'],
    ['udp/127.0.0.1', 'wants a port, as in udp/127.0.0.1:5060'],
    ['udp/::1:5060', 'wants a port, as in udp/127.0.0.1:5060'],
    ['udp/localhost:5060', 'wants an IPv4 or IPv6 address, got "localhost"'],
    ['udp/fe80::1%eth0:5060', 'wants a port'],
    ['udp/[fe80::1%eth0]:5060', 'wants an IPv4 or IPv6 address'],
    ['udp/127.0.0.1:70000', 'wants a port from 0 to 65535, got "70000"'],
    ['udp/127.0.0.1:+5', 'wants a port from 0 to 65535, got "+5"'],
    ['', 'wants udp/ADDRESS:PORT'],
  ])('is not %j', (text, reason) => {
    expect(refusal(parseSipListener(text))).toContain(reason);
  });
});

describe('host and port', () => {
  it('takes names, IPv4 and bracketed IPv6, and shows them as written', () => {
    for (const text of ['127.0.0.1:8080', '[::1]:8080', 'pbx.example.com:80', 'drachtio:9022']) {
      const { host, port } = value(parseHostPort(text));
      expect(showHostPort(host, port)).toBe(text);
    }
  });

  it.each(['8080', ':8080', 'host:', '::1:8080', 'a b:80', '1.2.3.4.5:80', '300.1.1.1:80'])(
    'refuses %j',
    (text) => {
      expect(refusal(parseHostPort(text))).toMatch(/^wants /);
    },
  );

  it('knows which addresses stay on this machine and which stand for all', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].map(isLoopback)).toEqual(
      Array(4).fill(true),
    );
    expect(['10.0.0.1', '0.0.0.0', '127.example.com', '::'].map(isLoopback)).toEqual(
      Array(4).fill(false),
    );
    expect(['0.0.0.0', '::', '0:0:0:0:0:0:0:0'].map(isWildcard)).toEqual(Array(3).fill(true));
    expect(['127.0.0.1', '::1'].map(isWildcard)).toEqual([false, false]);
  });
});

describe('a database', () => {
  it.each(['./settings.db', '/var/lib/twintrack/settings.db'])('is a file: %s', (text) => {
    expect(value(parseDatabase(text))).toBe(resolve(text));
  });

  it.each([
    'postgres://twintrack@db.example.com/settings',
    'postgresql://twintrack@[::1]:5433/settings?sslmode=verify-full',
  ])('is in PostgreSQL: %s', (text) => {
    expect(value(parseDatabase(text))).toBe(text);
  });

  it.each(['', 'mysql://db/settings', 'postgres://db', 'postgres://[db/settings'])(
    'refuses %j with what to write',
    (text) => {
      expect(refusal(parseDatabase(text))).toBe(
        'wants a file, or a URL such as postgres://twintrack@db.example.com/settings',
      );
    },
  );

  it.each(['postgres://u:hunter2@db/settings', 'postgres://u@db/settings?password=hunter2'])(
    'refuses a password without showing it: %s',
    (text) => {
      expect(refusal(parseDatabase(text))).toBe(
        'wants no password here: put it into a file, and name that by settings.passwordFile',
      );
    },
  );
});

describe('a block of addresses', () => {
  it('is an address with a prefix length, or an address alone', () => {
    expect(value(parseCidr('10.0.0.0/8'))).toEqual({ address: '10.0.0.0', prefix: 8, family: 4 });
    expect(value(parseCidr('192.0.2.1')).prefix).toBe(32);
    expect(value(parseCidr('2001:db8::/32')).family).toBe(6);
    expect(value(parseCidr('::/0')).prefix).toBe(0);
    expect(value(parseCidr('::ffff:10.0.0.0/104')).prefix).toBe(104);
  });

  it.each([
    ['10.0.0.1/8', 'has bits set after its prefix: write 10.0.0.1/32'],
    ['2001:db8::1/64', 'has bits set after its prefix'],
    ['10.0.0.0/33', 'from 0 to 32'],
    ['::/129', 'from 0 to 128'],
    ['10.0.0.0/', 'prefix length'],
    ['10.0.0.0/8/8', 'wants an address or a block'],
    ['10.0.0/8', 'wants an address or a block'],
    ['pbx.example.com', 'wants an address or a block'],
    ['fe80::1%eth0/64', 'wants an address or a block'],
  ])('is not %j', (text, reason) => {
    expect(refusal(parseCidr(text))).toContain(reason);
  });

  it('is taken at every prefix length that clears its host bits', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (address, prefix) => {
        const result = parseCidr(`${address}/${prefix}`);
        return result.ok || result.wants.startsWith('has bits set');
      }),
    );
  });
});

describe('a port range', () => {
  it('begins even and ends odd, so that it holds whole RTP and RTCP pairs', () => {
    expect(value(parsePortRange('20000-29999'))).toEqual({ first: 20_000, last: 29_999 });
    expect(portPairs({ first: 20_000, last: 29_999 })).toBe(5000);
  });

  it.each([
    ['20000', 'wants FIRST-LAST'],
    ['20001-29999', 'wants an even first port, for RTP, as in 20002-29999'],
    ['20000-29998', 'wants an odd last port, for RTCP, as in 20000-29999'],
    ['30000-20001', 'wants the first port below the last'],
    ['80-91', 'wants a port from 1024'],
    ['60000-70001', 'wants a port from 1024 to 65535'],
  ])('is not %j', (text, reason) => {
    expect(refusal(parsePortRange(text))).toContain(reason);
  });
});

describe('a SIP URI', () => {
  it('is taken apart and kept as written', () => {
    const uri = 'sip:+1555;phone-context=x@[2001:db8::1]:5080;transport=TCP;lr';
    expect(value(parseSipUri(uri))).toEqual({
      uri,
      user: '+1555;phone-context=x',
      host: '2001:db8::1',
      port: 5080,
      transport: 'tcp',
    });
    expect(value(parseSipUri('sip:pbx.example.com'))).toMatchObject({
      user: undefined,
      host: 'pbx.example.com',
      port: undefined,
      transport: undefined,
    });
  });

  it.each([
    ['10.0.0.1:5060', 'wants a SIP URI such as sip:host:5060'],
    ['sips:pbx', 'TLS towards peers is not supported yet'],
    ['sip:', 'wants an address or a host name'],
    ['sip:a@', 'wants an address or a host name'],
    ['sip:@host', 'wants a user part'],
    ['sip:host:0', 'wants a port from 1 to 65535'],
    ['sip:::1', 'wants IPv6 in brackets'],
    ['sip:host;transport=tls', 'wants ;transport=udp or ;transport=tcp'],
    ['sip:host;a b', 'wants ;name=value parameters'],
    ['sip:host?Subject=x', 'without ?headers'],
    ['sip:host\r\nVia: x', 'wants'],
    ['sip:a\r\nb@host', 'wants a user part'],
  ])('is not %j', (text, reason) => {
    expect(refusal(parseSipUri(text))).toContain(reason);
  });

  it('never holds a password, and no message repeats one', () => {
    for (const text of ['sip:a:hunter2@host', 'sips:a:hunter2@host', 'sip:a:hunter2@host?x']) {
      expect(refusal(parseSipUri(text))).toMatch(/^must not hold a password/);
      expect(refusal(parseSipUri(text))).not.toContain('hunter2');
    }
  });
});

describe('a person', () => {
  it('is known by a number in which separators do not count', () => {
    expect(value(parseNumber('+1 (555) 010-0.1'))).toBe('+155501001');
    expect(value(parseNumber('1001'))).toBe('1001');
    expect(refusal(parseNumber('alice'))).toContain('wants a telephone number');
    expect(refusal(parseNumber(''))).toContain('wants a telephone number');
    expect(refusal(parseNumber('1'.repeat(33)))).toContain('wants a telephone number');
  });

  it('is known by an address of record, of which the domain has no case', () => {
    expect(value(parseAddressOfRecord('alice@Example.COM'))).toBe('sip:alice@example.com');
    expect(value(parseAddressOfRecord('sip:Alice@example.com'))).toBe('sip:Alice@example.com');
    expect(refusal(parseAddressOfRecord('example.com'))).toContain('wants user@domain');
    expect(refusal(parseAddressOfRecord('a@b:5060'))).toContain('without port');
  });
});

describe('a number pattern', () => {
  it('matches the whole number, with or without anchors', () => {
    for (const text of ['1(\\d{3})', '^1(\\d{3})$']) {
      const { regex, groups } = value(parseNumberPattern(text));
      expect(regex.exec('1234')?.[1]).toBe('234');
      expect(regex.test('12345')).toBe(false);
      expect(regex.test('51234')).toBe(false);
      expect(groups).toBe(1);
    }
  });

  it('anchors every alternative', () => {
    const { regex } = value(parseNumberPattern('10|20'));
    expect(['10', '20', '100', '120'].map((number) => regex.test(number))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('matches nothing longer than a number can be', () => {
    const { regex } = value(parseNumberPattern('.*'));
    expect(regex.test('1'.repeat(128))).toBe(true);
    expect(regex.test('1'.repeat(129))).toBe(false);
  });

  it.each([
    '\\+?1(\\d{10})',
    '(?:\\+|00)?(1)?(\\d{7,15})',
    '(\\d{3})+',
    '[^\\]()*]{4}',
    '9(?:11|33|99)',
    '\\d+?5',
  ])('may be %j', (text) => {
    expect(value(parseNumberPattern(text)).source).toBe(text);
  });

  it.each([
    ['(a+)+', 'must not repeat a group'],
    ['(a|a)*', 'must not repeat a group'],
    ['(?:(a?))*', 'must not repeat a group'],
    ['((a+)b){2}', 'must not repeat a group'],
    ['\\d*\\d*\\d*\\d*', 'could take'],
    ['a?'.repeat(30), 'could take'],
    ['(a|a)'.repeat(30), 'could take'],
    ['(\\d)\\1', 'must not refer back'],
    ['(?=1)\\d', 'may use (…) and (?:…) only'],
    ['(?<name>1)', 'may use (…) and (?:…) only'],
    ['(', 'wants a regular expression'],
    ['+1', 'wants a regular expression'],
    ['1'.repeat(513), 'wants at most 512 characters'],
    ['(?:(?:\\d{4000}){4000}){4000}', 'wants smaller repetition counts'],
  ])('must not be %j', (text, reason) => {
    expect(refusal(parseNumberPattern(text))).toContain(reason);
  });

  it('answers fast for every number, whatever pattern was taken', () => {
    const atom = fc.constantFrom('\\d', '1', '.', '[12]', '(1)', '(?:12)', '(1|1)', '(1?)');
    const repeat = fc.constantFrom('', '*', '+', '?', '{2}', '{1,9}', '{2,}', '+?', '*?');
    const pattern = fc
      .array(fc.tuple(atom, repeat), { minLength: 1, maxLength: 12 })
      .map((parts) => parts.map((part) => part.join('')).join(''));
    let slowest = 0;
    fc.assert(
      fc.property(pattern, (text) => {
        const result = parseNumberPattern(text);
        if (!result.ok) return;
        const began = process.cpuUsage();
        result.value.regex.test(`${'1'.repeat(127)}x`);
        slowest = Math.max(slowest, process.cpuUsage(began).user / 1000);
      }),
      { numRuns: 300 },
    );
    expect(slowest).toBeLessThan(500);
  });

  it('has the groups that a rewrite uses', () => {
    expect(rewriteGroups(value(parseRewrite('+1$1$3')))).toBe(3);
    expect(rewriteGroups('911')).toBe(0);
    expect(refusal(parseRewrite('$0'))).toContain('$1 to $9');
    expect(refusal(parseRewrite('1\r\nVia'))).toContain('wants digits');
  });
});

describe('a codec', () => {
  it('has the rate and channels that are usual for it, unless it says others', () => {
    const form = (text: string) => {
      const { codec, clockRate, channels, fmtp } = value(parseCodec(text));
      return [codec, clockRate, channels, fmtp];
    };
    expect(form('G729')).toEqual(['G729', 8_000, 1, undefined]);
    expect(form('G726-32')).toEqual(['G726-32', 8_000, 1, undefined]);
    expect(form('speex/16000')).toEqual(['speex', 16_000, 1, undefined]);
    expect(form('opus')).toEqual(['opus', 48_000, 2, undefined]);
    expect(form('opus/48000')).toEqual(['opus', 48_000, 1, undefined]);
    expect(form('AMR-WB octet-align=1; mode-set=0,2')).toEqual([
      'AMR-WB',
      16_000,
      1,
      'octet-align=1; mode-set=0,2',
    ]);
  });

  it.each(['', '729', 'G 729', 'G729/8', 'G729/8000/9', 'AMR octet-align', 'AMR x=1\r\na=y'])(
    '%j is none',
    (text) => expect(refusal(parseCodec(text))).toContain('wants a codec, as G729'),
  );
});
