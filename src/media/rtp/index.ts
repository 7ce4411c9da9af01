export { classify, DATAGRAM, type DatagramKind } from './demux';
export { fromNtp, toNtp } from './ntp';
export {
  buildRtp,
  isRtp,
  parseRtp,
  RTP_FIXED_HEADER,
  type RtpPacket,
  rtpHeaderLength,
  rtpMarker,
  rtpPayloadLength,
  rtpPayloadType,
  rtpSequence,
  rtpSsrc,
  rtpTimestamp,
} from './packet';
export { Reception } from './reception';
export { buildRtcp, parseRtcp, type ReportBlock, type RtcpPacket } from './rtcp';
export { parseTelephoneEvent, type TelephoneEvent, writeTelephoneEvent } from './telephone-event';
export { SequenceUnwrapper, TimestampUnwrapper } from './unwrap';
