export * from './accessors';
export {
  ackForFailure,
  badRequestResponse,
  cancelOf,
  type ResponseOptions,
  responseTo,
} from './builders';
export { type Framed, MessageFramer } from './framer';
export { HeaderLine } from './header-line';
export {
  findHeader,
  header,
  headerList,
  headersNamed,
  replaceHeader,
  type WithHeaders,
  withoutHeaders,
} from './headers';
export { MAX_HEADERS, MAX_LINE_CHARS, MAX_MESSAGE_BYTES, MAX_SEQUENCE } from './limits';
export {
  EMPTY_BODY,
  type Header,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message';
export { formatNameAddr, type NameAddr, parseNameAddr, parseNameAddrs } from './name-addr';
export { type HeaderName, headerName, isHeader } from './names';
export {
  formatParams,
  NO_PARAMS,
  type Params,
  paramValue,
  parseParams,
  withParam,
} from './params';
export { parse } from './parse';
export type { ParseError, ParseResult } from './parse-result';
export { reasonPhrase } from './reasons';
export { quote, splitList, unquote } from './scan';
export { serialize } from './serialize';
export {
  asSipUri,
  formatHostPort,
  formatUri,
  type HostPort,
  type OtherUri,
  parseHostPort,
  parseUri,
  type SipUri,
  type TelUri,
  type Uri,
} from './uri';
export type { ContentType, CSeq, EventPackage, RAck, SessionExpires } from './values';
export { formatVia, MAGIC_COOKIE, parseVia, type Via, via, withViaParam } from './via';
