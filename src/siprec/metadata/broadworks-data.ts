import type { CallFacts } from './call-facts';
import type { XmlElement } from './xml';

const NAMESPACE = 'http://schema.broadsoft.com/broadworksCallRecording';
/** What Webex Calling sends; BroadWorks knows 1.0 to 4.0. */
const VERSION = '3.0';

/**
 * What BroadWorks tells of a call beyond the drafts: whose account it is, from whom to whom, and what ties the
 * recordings of both sides together. Elements in the order met in the field.
 */
export function broadworksData(facts: CallFacts): XmlElement {
  const { account, correlationId, callId, recordingType } = facts;
  return node(
    'broadWorksRecordingMetadata',
    [
      node('extTrackingID', correlationId),
      node('serviceProviderID', account?.serviceProvider),
      node('groupID', account?.externalGroup),
      node('userID', userOf(facts).replace(/^sips?:/i, '')),
      node('callID', callId),
      node('callType', [callTypeOf(facts)]),
      node('recordingType', recordingType),
    ],
    [['version', VERSION]],
  );
}

/** The recorded user as a SIP URI: the external identifier, and without one the user's own address. */
export function userOf({ account, recorded }: CallFacts): string {
  const { externalIdentifier } = account ?? {};
  if (externalIdentifier === undefined) return recorded.aor;
  return /^sips?:/i.test(externalIdentifier) ? externalIdentifier : `sip:${externalIdentifier}`;
}

function callTypeOf({ direction, calling, called, redirection }: CallFacts): XmlElement {
  return node(direction === 'out' ? 'origCall' : 'termCall', [
    node('callingPartyNumber', calling),
    node('calledPartyNumber', called),
    direction === 'out' ? node('dialedDigits', called?.split(';', 1)[0]) : undefined,
    redirection &&
      node('redirectInfo', [
        node('lastRedirectNumber', redirection.last),
        node('origCalledNumber', redirection.original),
        node('numOfRedirections', String(redirection.count)),
      ]),
  ]);
}

type Content = string | ReadonlyArray<XmlElement | undefined>;

/** Nothing when there is nothing to say. */
function node(name: string, content: undefined): undefined;
function node(name: string, content: Content, attributes?: XmlElement['attributes']): XmlElement;
function node(name: string, content: Content | undefined): XmlElement | undefined;
function node(
  name: string,
  content: Content | undefined,
  attributes: XmlElement['attributes'] = [],
): XmlElement | undefined {
  if (content === undefined) return undefined;
  const text = typeof content === 'string' ? content : '';
  const children =
    typeof content === 'string' ? [] : content.filter((child) => child !== undefined);
  return { name, namespace: NAMESPACE, attributes, children, text };
}
