import fc from 'fast-check';
import { editDistance, nearest } from '../../src/core';

describe('the nearest word', () => {
  it.each([
    ['lisen', 'listen'],
    ['MAXCALLS', 'maxCalls'],
    ['ednine', 'engine'],
    ['maxcall', 'maxCalls'],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, ['listen', 'engine', 'maxCalls', 'userAgent'])).toBe(expected);
  });

  it('is none without words', () => {
    expect(nearest('x', [])).toBeUndefined();
  });

  it('counts a swap of neighbours as one edit', () => {
    expect([
      editDistance('listen', 'lisetn'),
      editDistance('listen', 'lisen'),
      editDistance('listen', 'mixen'),
      editDistance('', 'abc'),
    ]).toEqual([1, 1, 3, 3]);
  });

  it('is a distance: none to itself, the same both ways, at most the longer length', () => {
    const word = fc.string({ maxLength: 100 });
    fc.assert(
      fc.property(word, word, (one, other) => {
        const edits = editDistance(one, other);
        return (
          editDistance(one, one) === 0 &&
          edits === editDistance(other, one) &&
          edits <= Math.max(one.length, other.length)
        );
      }),
    );
  });
});
