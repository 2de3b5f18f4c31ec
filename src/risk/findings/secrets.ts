import { address, namesSecretPlace, openLink } from './places';
import type { Sentence } from './sentences';

const commands =
  /(?:^|[,;:.(]\s*|["“]|\b(?:and|then|please|first|to|must|should|also|you|can|or|always|with|yourself|unknown|now|simply|just|ever|by)\s+)(?:read|cat|open|load|collect|gather|find|retrieve|extract|grab|harvest|dump|scan|locate|look|get|fetch|list|copy|search|print|inspect|obtain|run|execute|call|retry|fill|enter|set|pass|send|put|paste|append|attach|include|give|supply|provide|take|type|upload|concatenate|query|export|base64|encode)\b/i;
const gives =
  /\b(?:pass|send|put|paste|append|attach|include|forward|upload|post|fill|supply|provide|embed|add|insert|write|give|prepend|transmit|submit|share|hand|drop|encode|deliver|set|place|use)\b[^.]{0,80}(?:`|"|\b(?:it|them|its|their|that|here|as|in|into|to|this|contents?|output|result|result|everything|all|value|values|field|parameter|argument|every|each|both|along|with)\b)/i;
const contentsOf =
  /\b(?:contents?|everything|text|output|last \w+ lines|body|bytes|dump)\b[^.]{0,30}\b(?:of|in|from|prints)\b/i;
const textOf = /\b(?:value|contents?|text) of\b/i;
const handsOver =
  /\b(?:it|its|them|that|contents?|output|result|both|everything|what you (?:find|read|see))\b/i;
const hunts =
  /\b(?:collect|gather|copy|include|find|send|upload|attach|pass|take|grab|list|put|write)\b[^.]{0,30}\b(?:all|any|every|each|the)\b[^.]{0,30}\b(?:secrets?|credentials?|passwords?|(?:api |access |private )?keys|tokens)\b[^.]{0,30}\b(?:(?:that )?you (?:can )?(?:find|see|have|know)|found|below|under|in the (?:project|workspace|repository|home)|on (?:this|the) (?:machine|disk|computer))\b|\b(?:look|search|hunt|scan|check|grep|dig|rummage)\b[^.]{0,40}\bfor (?:any |all |other |stored |saved |usable |valid |working )*(?:credentials?|passwords?|secrets?|api keys?|access tokens?|private keys?|tokens|keys)\b[^.]{0,80}\b(?:and|then|,)\s*(?:retry|use|pass|send|include|try|put|add|supply|report|attach|paste)\b/i;
const wholeTalk =
  /\b(?:(?:must|has to|should|needs? to) (?:hold|contain|carry|equal|be)|pass|send|put|paste|append|attach|include|forward|upload|post|fill|supply|provide|embed|add|insert|write|give|prepend|submit|share|copy|encode|repeat|quote|with)\b[^.]{0,60}\b(?:full|entire|whole|complete|verbatim|last \w+|previous|all|every|raw|exact|so far|preceding)\b[^.]{0,30}\b(?:conversation|chat|transcript|dialogue|user(?:'s)? (?:messages?|prompts?|words|input)|user messages|messages? (?:history|so far|in full)|system prompt|context window|chat history|message history|your instructions|names? of all tools)\b|\b(?:system prompt|conversation so far|chat history|conversation history|(?:user|message)(?:'s)? (?:message )?(?:history|in full))\b[^.]{0,40}\b(?:in|as|into|to|here|verbatim|plus)\b/i;
const wordsOfUser =
  /\b(?:pass|passing|send|put|paste|append|attach|include|upload|post|fill|supply|provide|embed|insert|write|give|submit|share|copy|report|translate|encode)\b[^.]{0,60}\b(?:(?:what|whatever|anything|everything|all) the (?:user|person) (?:has |have )?(?:asked|said|told|typed|wrote|written|mentioned|shared|is working|has)|(?:the )?user's (?:private|personal|own|last|previous|other|home|medical|financial|full (?:name|message|prompt))\b|your (?:own |full |complete |hidden |internal |entire )*(?:instructions|system prompt|prompt|guidelines|reasoning|system message|chain of thought)\b|(?:e-?mail|phone|address|name)[^.]{0,30} of the user\b)[^.]{0,60}\b(?:field|argument|parameter|here|query string|url|tag|in|into|as|to)\b/i;
const takesAlong =
  /\b(?:pass|send|put|paste|append|attach|include|forward|upload|supply|give|fill|with|copy)\b[^.]{0,60}\b(?:user's|person's|their|any|all|every|stored|saved|current|other|existing|available|real|production|known)\b[^.]{0,20}\b(?:credentials?|passwords?|secrets?|(?:api|access|private|ssh) (?:keys?|tokens?)|session tokens?|cookies?|connection strings?|one-time codes?|2fa|otp)\b[^.]{0,60}(?:\b(?:as|in|into|to|here|with|along|from|you (?:can|have|know|find))\b|`)/i;

/** Fetches what is secret, or what was said, and hands it to the tool. `next` may do the handing. */
export function takesSecrets(s: Sentence, next: Sentence | undefined): boolean {
  if (!s.hasAny('give', 'read', 'run', 'must')) return false;
  if (s.isForeign) return takesForeign(s);
  if (s.has('secret') && (hunts.test(s.text) || (s.has('give') && takesAlong.test(s.text))))
    return true;
  if (s.hasAny('talk', 'rules', 'tool', 'turn') && wholeTalk.test(s.text)) return true;
  if (s.hasAny('user', 'model') && wordsOfUser.test(s.text)) return true;
  if (!namesSecretPlace(s.text)) return false;
  const isTold = commands.test(s.text);
  if (isTold && (s.has('run') || s.inOrder('read', 'give', 40)) && gives.test(s.text)) return true;
  if (contentsOf.test(s.text) && (isTold || s.has('must'))) return true;
  if (isTold && textOf.test(s.text)) return true;
  if (!isTold || !next || next.isForeign) return false;
  return (
    s.hasAny('read', 'run') &&
    next.has('give') &&
    handsOver.test(next.text) &&
    commands.test(next.text)
  );
}

function takesForeign(s: Sentence): boolean {
  if (namesSecretPlace(s.text)) {
    if (s.has('content') && s.hasAny('here', 'change', 'must')) return true;
    if (s.hasAny('read', 'run') && s.hasAny('give', 'content', 'here')) return true;
    if (s.has('give') && s.hasAny('content', 'here')) return true;
  }
  if (
    s.near('secret', 'give', 10) &&
    s.hasAny('read', 'content') &&
    s.hasAny('before', 'must', 'every')
  ) {
    return s.has('here');
  }
  if (s.has('secret', 'give', 'here', 'user')) return true;
  return (
    s.has('talk', 'give') &&
    s.hasAny('content', 'every', 'previous') &&
    s.hasAny('here', 'model', 'user', 'must')
  );
}

const known =
  /\b(?:conversation|chat|what the user|user(?:'s)? (?:data|name|messages?|question|request|input|work|project|files?|email|query|is working)|user has|summary|secrets?|credentials?|tokens?|keys?|context|project|source code|repository|prompt|transcript|personal|findings|file contents?|contents? of)\b/i;
const filledIn =
  /\b(?:link|followed|add|replace|replacing|fill|filled|put|with|append|substitut\w+|insert|encode|encoded|place|set|show|embed|render|display|include|end)\b/i;
const inAnswer =
  /\b(?:in|into|with|end) (?:your|the|every|each) (?:answer|reply|response|message)|\bwhen you\b|\bplaceholder\b|\bthe user\b|\buser's\b/i;
const codes =
  /\b(?:base64|base32|hex|rot13|url-?encod\w*|percent-?encod\w*|zero-width|whitespace|steganograph\w*|acrostic|first letters)\b/i;
const tucksIn =
  /\b(?:pass|append|attach|include|put|send|add|embed|hide|place|encode)\b[^.]{0,120}\b(?:in|into|as|to|after|inside|within|onto)\b/i;
const private_ =
  /\b(?:conversation|chat|user['’]s|secrets?|credentials?|source code|system prompt|transcript|(?:api|private|access) (?:keys?|tokens?)|env\w*)\b/i;
const sendsOut =
  /(?:^|[,;:.]\s+|\b(?:and|then|please|first|must|should|also|you|always)\s+)(?:send|post|upload|forward|submit|copy|bcc|cc|mail|email|e-mail|report|ship|transmit|push|mirror|exfiltrate|leak)\b/i;
const sample = /\be\.?g\b|\bexample:/i;

/** Has what the model knows carried out in a link, a picture or a code. */
export function carriesOut(s: Sentence): boolean {
  const isLinked = /\/\/|@/.test(s.text);
  if (!isLinked && !s.has('encode')) return false;
  const leadsOut = isLinked && (openLink.test(s.text) || /!\[[^\]]*\]\([^)]*\)/.test(s.text));
  if (s.isForeign) {
    return (
      (leadsOut && s.hasAny('give', 'encode') && s.hasAny('talk', 'secret', 'user', 'content')) ||
      (s.has('encode', 'give') &&
        s.hasAny('secret', 'talk') &&
        s.hasAny('content', 'here', 'user', 'read')) ||
      (isLinked &&
        address.test(s.text) &&
        s.has('give') &&
        s.hasAny('talk', 'secret') &&
        s.hasAny('content', 'every', 'user'))
    );
  }
  if (leadsOut && filledIn.test(s.text) && inAnswer.test(s.text) && known.test(s.text)) return true;
  if (
    s.has('encode', 'give') &&
    codes.test(s.text) &&
    tucksIn.test(s.text) &&
    private_.test(s.text)
  )
    return true;
  return (
    isLinked &&
    address.test(s.text) &&
    sendsOut.test(s.text) &&
    known.test(s.text) &&
    !sample.test(s.text)
  );
}
