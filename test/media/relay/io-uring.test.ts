import { wakesForMany } from '../../../src/media/relay/io-uring';

test.each([
  ['6.1.0-13-amd64', false],
  ['6.6.30', false],
  ['6.7.0-rc1', true],
  ['6.12.9+deb13-cloud-amd64', true],
  ['7.0.0', true],
  ['5.19.17', false],
])('of Linux %s it is known whether it wakes once for many: %s', (release, known) => {
  expect(wakesForMany(release)).toBe(known);
});
