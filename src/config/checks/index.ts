import type { Problem } from '../problem';
import { announcementsHaveASource } from './announcements';
import {
  nodesAreThere,
  nodesReachTheRecorder,
  rtpengineIsSetUpByItself,
  rtpengineKeepsNothing,
  rtpengineKnowsNoKeys,
} from './media-plane';
import { noPortTwice, portsForEveryCall, rangesKeepApart } from './ports';
import { standbyFollows } from './recorders';
import {
  nothingCallsItself,
  peersAreDistinct,
  routesLeadSomewhere,
  usersAreDistinct,
} from './references';
import {
  httpIsGuarded,
  loopbackKeepsToItself,
  mediaIsReachable,
  nobodyRelaysForAll,
  sessionTimerFits,
} from './safety';
import type { Check, Subject } from './subject';

const CHECKS: readonly Check[] = [
  noPortTwice,
  rangesKeepApart,
  portsForEveryCall,
  peersAreDistinct,
  usersAreDistinct,
  routesLeadSomewhere,
  nothingCallsItself,
  standbyFollows,
  httpIsGuarded,
  sessionTimerFits,
  mediaIsReachable,
  loopbackKeepsToItself,
  nobodyRelaysForAll,
  announcementsHaveASource,
  nodesAreThere,
  rtpengineIsSetUpByItself,
  rtpengineKeepsNothing,
  rtpengineKnowsNoKeys,
  nodesReachTheRecorder,
];

/** Every rule that concerns more than one key. */
export function crossChecks(subject: Subject): Problem[] {
  return CHECKS.flatMap((check) => check(subject));
}

export { type Resolved, usesEmbeddedRecorder, type ValidParts, validPart } from './subject';
