import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  asSipUri,
  badRequestResponse,
  contact,
  contacts,
  cseq,
  from,
  header,
  maxForwards,
  optionTags,
  parse,
  parseUri,
  routes,
  type SipMessage,
  type SipRequest,
  serialize,
  to,
  topVia,
  toTag,
  vias,
} from '../../../src/engine/message';
import { tortureMessage } from './torture';

/**
 * What becomes of each message of RFC 4475. `taken`: it is handed up, and what it means is for the
 * layers above (unknown schemes, methods, extensions, Max-Forwards). `answered`: it is refused with
 * that status. `dropped`: a response that is not to be believed.
 */
type Expected = 'taken' | { readonly answered: number } | 'dropped';

const BAD: Expected = { answered: 400 };

const RFC_4475: Readonly<Record<string, Expected>> = {
  // 3.1.1 valid
  wsinv: 'taken',
  intmeth: 'taken',
  esc01: 'taken',
  escnull: 'taken',
  esc02: 'taken',
  lwsdisp: 'taken',
  longreq: 'taken',
  dblreq: 'taken',
  semiuri: 'taken',
  transports: 'taken',
  mpart01: 'taken',
  unreason: 'taken',
  noreason: 'taken',
  // 3.1.2 invalid
  badinv01: BAD,
  clerr: BAD,
  ncl: BAD,
  scalar02: BAD,
  scalarlg: 'dropped',
  quotbal: BAD,
  ltgtruri: BAD,
  lwsruri: BAD,
  lwsstart: BAD,
  trws: BAD,
  escruri: BAD,
  // The date alone is wrong: "an element ... may choose to ignore" what it does not use.
  baddate: 'taken',
  regbadct: BAD,
  badaspec: BAD,
  baddn: BAD,
  badvers: { answered: 505 },
  mismatch01: BAD,
  mismatch02: BAD,
  bigcode: 'dropped',
  // 3.2 transaction layer
  badbranch: 'taken',
  // 3.3 application layer
  insuf: BAD,
  unkscm: 'taken',
  novelsc: 'taken',
  unksm2: 'taken',
  bext01: 'taken',
  invut: 'taken',
  regaut01: 'taken',
  multi01: BAD,
  mcl01: BAD,
  bcast: 'taken',
  zeromf: 'taken',
  cparam01: 'taken',
  cparam02: 'taken',
  regescrt: 'taken',
  sdp01: 'taken',
  // 3.4 backward compatibility
  inv2543: 'taken',
};

/** RFC 5118 §4. Its ipv6-in-sdp says a longer body than it shows; the fixture's is the one shown. */
const RFC_5118: Readonly<Record<string, Expected>> = {
  'ipv6-good': 'taken',
  'ipv6-bad': BAD,
  'port-ambiguous': 'taken',
  'port-unambiguous': 'taken',
  'via-received-param-with-delim': 'taken',
  'via-received-param-no-delim': 'taken',
  'ipv6-in-sdp': 'taken',
  'mult-ip-in-header': 'taken',
  'mult-ip-in-sdp': 'taken',
  'ipv4-mapped-ipv6': 'taken',
  // The three colons come of a fault in RFC 3261's grammar, so they are to be tolerated.
  'ipv6-bug-abnf-3-colons': 'taken',
  'ipv6-correct-abnf-2-colons': 'taken',
};

function fixtures(folder: string): string[] {
  const files = readdirSync(join(__dirname, 'torture', folder)).filter((f) => f.endsWith('.txt'));
  return files.map((file) => file.replace('.txt', '')).sort();
}

function taken(name: string): SipMessage {
  const result = parse(tortureMessage(name));
  if (!result.ok) throw new Error(result.error.reason);
  return result.message;
}

describe('RFC 4475', () => {
  it('has its 49 messages here, each with an expectation', () => {
    expect(fixtures('.')).toEqual(Object.keys(RFC_4475).sort());
    expect(fixtures('.')).toHaveLength(49);
  });

  it.each(Object.entries(RFC_4475))('%s is %j', (name, expected) => judge(name, expected));

  it('reads the short tortuous INVITE', () => {
    const message = taken('wsinv') as SipRequest;
    expect(to(message)?.uri).toBe('sip:vivekg@chair-dnrc.example.com');
    expect(toTag(message)).toBe('1918181833n');
    expect(from(message)?.displayName).toBe('J Rosenberg \\"');
    expect(from(message)?.params.get('tag')).toBe('98asjd8');
    expect(maxForwards(message)).toBe(68);
    expect(cseq(message)).toEqual({ seq: 9, method: 'INVITE' });
    expect(vias(message).map(({ transport, host, branch }) => [transport, host, branch])).toEqual([
      ['UDP', '192.0.2.2', '390skdjuw'],
      ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
      ['UDP', '192.168.255.111', 'z9hG4bK30239'],
    ]);
    expect(header(message, 'Subject')).toBe('');
    expect(header(message, 'NewFangledHeader')).toBe('newfangled value continued newfangled value');
    expect(routes(message)[0]?.uri).toBe(
      'sip:services.example.com;lr;unknownwith=value;unknown-no-value',
    );
    expect(contact(message)?.displayName).toBe('Quoted string ""');
    expect([...(contact(message)?.params ?? [])]).toEqual([
      ['newparam', 'newvalue'],
      ['secondparam', undefined],
      ['q', '0.33'],
    ]);
    expect(message.body).toHaveLength(150);
  });

  it('reads the wide range of valid characters', () => {
    const message = taken('intmeth') as SipRequest;
    expect(message.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(asSipUri(message.uri)).toMatchObject({
      user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
      password: "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
      host: 'example.com',
    });
    expect(to(message)?.displayName).toBe('BEL:\x07 NUL:\0 DEL:\x7f');
    expect(from(message)?.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(from(message)?.params.get("fromparam''~+*_!.-%")).toBe('"работающий"');
    expect(header(message, "extensionHeader-!.%*+_`'~")).toBe('\uFEFF大停電');
  });

  it('takes percent escapes as they are, in the right places only', () => {
    const escaped = taken('esc01') as SipRequest;
    expect(asSipUri(escaped.uri)).toMatchObject({
      user: 'sips%3Auser%40example.com',
      host: 'example.net',
    });
    const unescaped = taken('esc02') as SipRequest;
    expect(unescaped.method).toBe('RE%47IST%45R');
    expect(contacts(unescaped)).toHaveLength(2);
    expect((taken('escnull') as SipRequest).headers).toHaveLength(9);
  });

  it('reads long values whole', () => {
    const message = taken('longreq');
    expect(vias(message)).toHaveLength(34);
    expect(vias(message)[33]?.received).toBe('192.0.2.5');
    expect(topVia(message)?.host).toBe('sip33.example.com');
  });

  it('ignores what follows the end of a datagram’s message', () => {
    const message = taken('dblreq') as SipRequest;
    expect(message.method).toBe('REGISTER');
    expect(message.body).toHaveLength(0);
  });

  it('leaves semicolons in the user part to the user', () => {
    expect(asSipUri((taken('semiuri') as SipRequest).uri)?.user).toBe('user;par=u%40example.net');
  });

  it('keeps unknown transports and binary bodies', () => {
    expect(vias(taken('transports')).map(({ transport }) => transport)).toEqual([
      'UDP',
      'SCTP',
      'TLS',
      'UNKNOWN',
      'TCP',
    ]);
    const { body } = taken('mpart01');
    expect(body).toHaveLength(553);
    expect(body.includes(0)).toBe(true);
  });

  it('reads any reason phrase, or none', () => {
    expect(taken('unreason')).toMatchObject({
      status: 200,
      reason: '= 2**3 * 5**2 но сто девяносто девять - простое',
    });
    expect(taken('noreason')).toMatchObject({ status: 100, reason: '' });
  });

  it('shows extensions, schemes and parameters to whoever must judge them', () => {
    expect(optionTags(taken('bext01'), 'Require')).toEqual([
      'nothingsupportsthis',
      'nothingsupportsthiseither',
    ]);
    expect(parseUri((taken('novelsc') as SipRequest).uri)).toMatchObject({ scheme: 'other' });
    expect(parseUri((taken('unkscm') as SipRequest).uri)).toMatchObject({ scheme: 'other' });
    expect(to(taken('unksm2'))?.uri).toBe('isbn:2983792873');
    expect(maxForwards(taken('zeromf'))).toBe(0);
    expect(contact(taken('cparam01'))?.params.has('unknownparam')).toBe(true);
    expect(contact(taken('cparam02'))?.params.has('unknownparam')).toBe(false);
    expect(asSipUri(contact(taken('regescrt'))?.uri ?? '')?.headers).toBe(
      'Route=%3Csip:sip.example.com%3E',
    );
  });

  it('takes a request in the manner of RFC 2543', () => {
    const message = taken('inv2543');
    expect(from(message)?.params.has('tag')).toBe(false);
    expect(maxForwards(message)).toBeUndefined();
    expect(message.body.toString()).toMatch(/^v=0\r\n.*RTP\/AVP 0\r\n$/s);
  });
});

describe('RFC 5118', () => {
  it('has its messages here, each with an expectation', () => {
    expect(fixtures('ipv6')).toEqual(Object.keys(RFC_5118).sort());
  });

  it.each(Object.entries(RFC_5118))('%s is %j', (name, expected) =>
    judge(`ipv6/${name}`, expected),
  );

  it('tells a port inside the brackets from one behind them', () => {
    const inside = taken('ipv6/port-ambiguous') as SipRequest;
    const behind = taken('ipv6/port-unambiguous') as SipRequest;
    expect(asSipUri(inside.uri)).toMatchObject({ host: '2001:db8::10:5070', port: undefined });
    expect(asSipUri(behind.uri)).toMatchObject({ host: '2001:db8::10', port: 5070 });
  });

  it('reads received with and without brackets', () => {
    for (const name of ['via-received-param-with-delim', 'via-received-param-no-delim']) {
      expect(topVia(taken(`ipv6/${name}`))?.received).toBe('2001:db8::9:255');
    }
  });

  it('reads mixed families and mapped addresses in Via', () => {
    expect(vias(taken('ipv6/mult-ip-in-header'))).toMatchObject([
      { host: '2001:db8::9:1', port: 6050 },
      { host: '192.0.2.1', port: undefined },
      { host: '2001:db8::9:255', received: '192.0.2.200' },
    ]);
    expect(topVia(taken('ipv6/ipv4-mapped-ipv6'))).toMatchObject({
      host: '::ffff:192.0.2.10',
      port: 19_823,
    });
  });
});

function judge(name: string, expected: Expected): void {
  const result = parse(tortureMessage(name));
  if (expected === 'taken') {
    expect(result).toMatchObject({ ok: true });
    return;
  }
  if (result.ok) throw new Error(`${name} was taken`);
  if (expected === 'dropped') {
    expect(result.partial).toBeUndefined();
    return;
  }
  expect(result.error.status).toBe(expected.answered);
  const { partial } = result;
  const response = partial && badRequestResponse(partial, result.error, 'ours');
  const text = response ? serialize(response).toString() : '';
  expect(text).toMatch(new RegExp(`^SIP/2.0 ${expected.answered} .+\r\n`));
  expect(text).toMatch(/\r\nVia: SIP/);
}
