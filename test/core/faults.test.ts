import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS, Fault, type FaultCode } from '../../src/core';

const CODES = Object.keys(FAULTS) as FaultCode[];

describe('the catalogue of faults', () => {
  it.each(CODES)('%s has a final SIP status and one sentence', (code) => {
    const { sip, says } = FAULTS[code];
    expect(sip).toBeGreaterThanOrEqual(400);
    expect(sip).toBeLessThan(700);
    expect(says).toMatch(/^[a-z].*[^.]$/i);
    expect(code).toMatch(/^[A-Z]+(?:_[A-Z]+)*$/);
  });

  it('a fault says its sentence, and what happened this time', () => {
    expect(new Fault('NO_ROUTE').message).toBe('no route matches the called number');
    const fault = new Fault('RECORDER_REFUSED', '488 Not Acceptable Here');
    expect(fault.message).toBe(
      'the recorder refused the recording session: 488 Not Acceptable Here',
    );
    expect([fault.code, fault.sip, fault.name]).toEqual(['RECORDER_REFUSED', 488, 'Fault']);
    expect(fault).toBeInstanceOf(Error);
  });
});

describe('docs/errors.md', () => {
  const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section): [string, string] => [section.split('\n', 1)[0]!.trim(), section]),
  );

  it.each(CODES)('tells of %s the cause, what the peer sees and what to do', (code) => {
    const section = sections.get(`\`${code}\``) ?? '';
    expect(section).toContain('**Cause.**');
    expect(section).toContain('**The peer sees.**');
    expect(section).toContain('**What to do.**');
    expect(section).toContain(`${FAULTS[code].sip}`);
  });

  it('tells of no code that is gone', () => {
    const told = [...sections.keys()].filter((heading) => /^`[A-Z_]+`$/.test(heading));
    expect(told.map((heading) => heading.replaceAll('`', '')).sort()).toEqual([...CODES].sort());
  });
});
