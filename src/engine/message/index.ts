export {
  callId,
  contact,
  contacts,
  cseq,
  expires,
  from,
  fromTag,
  maxForwards,
  minSe,
  optionTags,
  rack,
  recordRoutes,
  required,
  routes,
  rseq,
  sessionExpires,
  supported,
  supports,
  to,
  topVia,
  toTag,
  vias,
} from './accessors';
export {
  ackForFailure,
  badRequestResponse,
  cancelOf,
  type ResponseOptions,
  responseTo,
} from './builders';
export { type Framed, MessageFramer } from './framer';
export { HeaderLine } from './header-line';
export { header, headerList, headersNamed, type WithHeaders, withoutHeaders } from './headers';
export { MAX_HEADERS, MAX_LINE_CHARS, MAX_MESSAGE_BYTES, MAX_SEQUENCE } from './limits';
export {
  EMPTY_BODY,
  type Header,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message';
export { formatNameAddr, type NameAddr, parseNameAddr, parseNameAddrs } from './name-addr';
export { headerName, isHeader } from './names';
export { type Params, paramValue } from './params';
export { parse } from './parse';
export type { ParseError, ParseResult, Refused } from './parse-result';
export { isToken, oneLine, splitList } from './scan';
export { asWritten, serialize, serializeText } from './serialize';
export { wireName } from './spelling';
export {
  asSipUri,
  formatHostPort,
  formatUri,
  parseHostPort,
  parseUri,
  type SipUri,
  type Uri,
} from './uri';
export type { CSeq, RAck, SessionExpires } from './values';
export { formatVia, MAGIC_COOKIE, type Via, via } from './via';
