import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Lexicon } from '../../src/core';

describe('a lexicon', () => {
  const counted = () => {
    const worked: string[] = [];
    return {
      worked,
      lexicon: new Lexicon((word) => {
        worked.push(word);
        return word.toLowerCase();
      }),
    };
  };

  it('works out a word once', () => {
    const { lexicon, worked } = counted();
    expect(['Via', 'Via', 'via'].map((word) => lexicon.of(word))).toEqual(['via', 'via', 'via']);
    expect(worked).toEqual(['Via', 'via']);
  });

  it('keeps no more words than a bound, none that is long, and tells of them all the same', () => {
    const { lexicon, worked } = counted();
    const long = 'X'.repeat(65);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 1_500; i++) expect(lexicon.of(`X-${i}`)).toBe(`x-${i}`);
      expect(lexicon.of(long)).toBe(long.toLowerCase());
    }
    expect(worked).toHaveLength(1_501 + 501);
  });

  it('holds nothing of the texts that its words were read out of', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const lexicon = new Lexicon((word) => word.toLowerCase());
    const heap = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = heap();
    for (let i = 0; i < 1_000; i++) {
      const text = Buffer.from(`${'y'.repeat(50_000)}x-header-name-number-${i}: 1`).toString();
      lexicon.of(text.slice(50_000, -3));
    }
    expect(heap() - before).toBeLessThan(10_000_000);
    expect(lexicon.of('x-header-name-number-0')).toBe('x-header-name-number-0');
  });
});
