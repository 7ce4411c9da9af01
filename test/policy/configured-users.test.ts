import { ConfiguredUsers, identityOf, normaliseNumber } from '../../src/policy';

const users = new ConfiguredUsers([
  { number: '+1 (555) 010-0200', name: 'Bob', mode: 'always' },
  { aor: 'sip:alice@example.com', number: '101', mode: 'always' },
  { number: '102', mode: 'never' },
]);

function decide(callerIdentities: string[], calledIdentities: string[]) {
  return users
    .decide({ callerIdentities, calledIdentities })
    .map(({ side, id, provenance }) => `${side} ${id} by ${provenance.entry}`);
}

describe('configured users', () => {
  it('finds a user by number on either side, however the number is written', () => {
    expect(decide(['tel:+1-555-010-0200'], ['sip:900@pbx'])).toEqual([
      'caller +1 (555) 010-0200 by number +1 (555) 010-0200',
    ]);
    expect(decide(['sip:900@pbx'], ['sip:15550100200@10.0.0.1:5060;user=phone'])).toHaveLength(1);
  });

  it('finds a user by address of record: host in any case, user in its own', () => {
    expect(decide(['sips:alice@EXAMPLE.com;transport=tcp'], [])).toHaveLength(1);
    expect(decide(['sip:%61lice@example.com'], [])).toHaveLength(1);
    expect(decide(['sip:Alice@example.com'], [])).toEqual([]);
  });

  it('records both sides of a call between two recorded users', () => {
    expect(decide(['sip:alice@example.com'], ['sip:+15550100200@pbx'])).toEqual([
      'caller sip:alice@example.com by aor sip:alice@example.com',
      'called +1 (555) 010-0200 by number +1 (555) 010-0200',
    ]);
  });

  it('tells a call within the organization from others, whoever of it is recorded', () => {
    const internal = (caller: string, called: string) =>
      users.decide({ callerIdentities: [caller], calledIdentities: [called] })[0]?.internal;
    expect(internal('sip:101@pbx', 'sip:102@pbx')).toBe(true);
    expect(internal('sip:102@pbx', 'sip:101@pbx')).toBe(true);
    expect(internal('sip:101@pbx', 'sip:900@pbx')).toBe(false);
  });

  it('lets the most trusted identity decide, for recording as against it', () => {
    expect(decide(['sip:102@pbx', 'sip:101@pbx'], [])).toEqual([]);
    expect(decide(['sip:anonymous@anonymous.invalid', 'sip:101@pbx'], [])).toHaveLength(1);
  });

  it('forbids recording to whom it knows and does not record, and to nobody else', () => {
    const forbidden = (callerIdentities: string[]) =>
      users.forbids({ callerIdentities, calledIdentities: ['sip:102@pbx'] }, 'caller');
    expect(forbidden(['sip:102@pbx', 'sip:101@pbx'])).toBe(true);
    expect(forbidden(['sip:101@pbx'])).toBe(false);
    expect(forbidden(['sip:900@pbx'])).toBe(false);
  });

  it('records nobody it does not know', () => {
    expect(decide(['sip:@x', 'garbage <', ''], ['urn:service:sos'])).toEqual([]);
  });
});

describe('a number', () => {
  const uk = {
    countryCode: '44',
    nationalPrefix: '0',
    internationalPrefix: '00',
    shortestNational: 7,
  };

  it.each([
    ['020 7946 0123', '+442079460123'],
    ['0044 20 7946 0123', '+442079460123'],
    ['+44 20 7946 0123', '+442079460123'],
    ['2001', '2001'],
  ])('%s is read by the dial plan as %s', (written, read) => {
    expect(normaliseNumber(written, uk)).toBe(read);
  });

  it('stays as dialled without a dial plan', () => {
    expect(normaliseNumber('020-7946 0123')).toBe('02079460123');
  });

  it('is not what contains other characters', () => {
    expect(normaliseNumber('alice')).toBeUndefined();
    expect(identityOf('sip:alice@h')?.number).toBeUndefined();
  });
});
