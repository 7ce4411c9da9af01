import fc from 'fast-check';
import { CodeMatcher } from '../../../src/media';

const CODES = ['*44', '*45', '*48', '*49'];

/** What becomes of digits: codes in brackets, others as they are, undecided ones after a bar. */
function dialled(digits: string, codes: readonly string[] = CODES): string {
  const matcher = new CodeMatcher(codes);
  let text = '';
  let taken = 0;
  for (const digit of digits) {
    for (const decision of matcher.press(digit)) {
      const part = digits.slice(taken, taken + decision.digits);
      text += decision.code === undefined ? part : `[${decision.code}]`;
      taken += decision.digits;
    }
  }
  const waiting = digits.slice(taken);
  expect(matcher.waiting).toBe(waiting.length);
  expect(matcher.giveUp()).toBe(waiting.length);
  expect(matcher.waiting).toBe(0);
  return waiting === '' ? text : `${text}|${waiting}`;
}

describe('a matcher of codes', () => {
  it.each([
    ['*48', '[*48]'],
    ['1234', '1234'],
    ['*', '|*'],
    ['*4', '|*4'],
    ['*5', '*5'],
    ['**48', '*[*48]'],
    ['*4*45', '*4[*45]'],
    ['*4A', '*4A'],
    ['12*48#*49', '12[*48]#[*49]'],
    ['*48*4', '[*48]|*4'],
  ])('%s comes to %s', (digits, becomes) => {
    expect(dialled(digits)).toBe(becomes);
  });

  it('finds one code in what might have become another', () => {
    expect(dialled('*129', ['*123', '12'])).toBe('*[12]9');
    expect(dialled('9998', ['999', '98'])).toBe('[999]8');
  });

  it('keeps nothing back where there are no codes', () => {
    expect(dialled('*48', [])).toBe('*48');
  });

  it('neither loses a digit, nor makes one, nor changes their order', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'*#0489A'), maxLength: 30 });
    fc.assert(
      fc.property(digits, (text) => {
        const became = dialled(text, ['*48', '*49', '##', '04*']);
        expect(became.replace(/[[\]|]/g, '')).toBe(text);
        // What passes has no code in it that could have been found from its first digit on.
        expect(became.replace(/\[[^\]]*\]/g, '|')).not.toMatch(/\*48|\*49|##|04\*/);
      }),
    );
  });
});
