export {
  type CryptoAttribute,
  cryptoLine,
  newKeys,
  readCryptoAttribute,
  writeCryptoAttribute,
} from './crypto-attribute';
export { type MasterKey, type SrtpKeys, type SrtpSession, sameKeys } from './keys';
export { type CryptoKit, PLAIN_AT, SEALED_AT } from './kit';
export { loadKit } from './load-kit';
export { REFUSED, SrtpReceiver } from './receiver';
export { SrtpSender } from './sender';
export { type SrtpSuite, SUITES, suiteNamed } from './suites';
export { SrtpTransform } from './transform';
