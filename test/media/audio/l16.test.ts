import { decodeL16, encodeL16 } from '../../../src/media';

it('L16 gives back what it was given, in network order', () => {
  const samples = Int16Array.of(0, 1, -1, 32_767, -32_768, 258);
  expect([...encodeL16(samples).slice(-2)]).toEqual([1, 2]);
  expect(decodeL16(encodeL16(samples))).toEqual(samples);
});

it('L16 of two channels becomes their mean, and half a frame is left out', () => {
  expect(decodeL16(encodeL16(Int16Array.of(100, 300, -5, -7, 9)), 2)).toEqual(
    Int16Array.of(200, -6),
  );
});
