import type { Sentence } from './sentences';

const unlessAsked =
  /\b(?:unless|if|when|until) (?:they|he|she|the user|you|it|explicitly|asked|requested)\b[^.]{0,30}\bask|\bunless (?:explicitly )?(?:asked|requested)|\bdon't bother \w+ing\b/i;
// "Do not show raw JSON to the user", "do not use @ to mention users": about a way of writing.
const style =
  /@|\b(?:raw|json|html|xml|markdown|ids?|uuids?|internal|technical|unformatted|base64|stack traces?)\b/i;
const untold =
  /\b(?:not|n't|never|without|nor|avoid)\b[\s\p{L}]{0,12}\b(?:tell|mention|inform|reveal|disclos|notify|alert|show|display|report|say|explain|warn|expose|announce|refer)/iu;
const secrecy =
  /\b(?:user|person|human|they|anyone|people)\b[^.]{0,20}\b(?:must|should|need|can|may|shall|does|do|will)(?: not|n't|not| never)\b[^.]{0,20}\b(?:know|see|learn|notice|be (?:told|informed|aware|shown|notified|alerted))|\bkeep (?:this|it|that|them|these|the [\p{L} ]{1,30}?)(?: a)? (?:secret|hidden|quiet|private|confidential|out of|between us|to yourself|from the user)|\bwithout (?:the user|them|anyone|the person)(?:'s)? (?:knowledge|knowing|noticing|seeing|being (?:told|aware))|\b(?:hide|conceal|withhold|mask)\b[^.]{0,40}\bfrom (?:the )?(?:user|person|human)\b|\b(?:hide|omit|leave|drop|strip)\b[^.]{0,40}\b(?:from|out of) (?:your|the) (?:final )?(?:answer|reply|transcript|summary|log)|\b(?:no need|not necessary|needn't|unnecessary|not needed) to (?:mention|tell|inform|notify|show|report|disclose|say|bring)|\b(?:don't|do not|never) (?:mention|reveal|disclose|discuss|acknowledge|surface|bring up|log|repeat) (?:this|these|that|it|the (?:call|step|transfer|upload|instruction|note|parameter|file|existence))/iu;

/** "Do not tell the user": an honest tool has nothing to hide. */
export function keepsFromUser(s: Sentence): boolean {
  if (!s.hasAny('neg', 'silent')) return false;
  if (s.isForeign) {
    return (
      (s.near('neg', 'tell', 5) && s.near('tell', 'user', 6)) ||
      (s.has('neg', 'tell', 'user') && s.near('neg', 'user', 4) && s.near('neg', 'tell', 7)) ||
      (s.has('silent', 'user') && s.hasAny('give', 'run', 'read', 'change')) ||
      (s.near('neg', 'tell', 4) && s.hasAny('secret', 'talk') && s.has('give')) ||
      (s.near('neg', 'tell', 2) && s.hasAny('change', 'run') && s.inOrder('change', 'tell', 12))
    );
  }
  if (unlessAsked.test(s.text)) return false;
  const isTold = s.inOrder('neg', 'tell', 2) && s.inOrder('tell', 'user', 6) && !style.test(s.text);
  return (
    (isTold && untold.test(s.text) && /\buser|\bperson|\bhuman/i.test(s.text)) ||
    secrecy.test(s.text) ||
    unspoken.test(s.text)
  );
}

const unspoken =
  /\bwithout (?:telling|informing|notifying|alerting|mentioning (?:it|this) to) (?:anyone|anybody|the user|them|the person)\b|\b(?:not|never|n't) bring (?:it|this|that|them) up\b|\bnothing (?:about|of) (?:this|it|the)\b[^.]{0,40}\b(?:answer|reply|response|user|summary)\b|\b(?:must|has to|should|will|make (?:it|this)) (?:look|appear|seem) to the (?:user|person)\b|\b(?:never|don't|do not|must not|mustn't|avoid)\s+(?:\w+,? (?:or|and) )?(?:includ\w+|mention\w*|show\w*|display\w*|log\w*|report\w*|list\w*|put\w*)\b[^.]{0,60}\b(?:in (?:what|anything) you (?:show|tell|say|write|give)|in (?:your|the) (?:final |visible )?(?:answer|reply|summary|response)|(?:this|the following|these|the (?:next|previous|above)) (?:step|call|transfer|upload|action|instruction|note|copy)s?)\b/i;
const cover =
  /\bif (?:you are |you're )?(?:asked|questioned|challenged) (?:about|why|what|whether)\b[^.]{0,50},? (?:just |simply )?(?:say|describe|explain|claim|answer|reply|call|tell|deny|state)\b|\b(?:if|when|in case|should|whenever)\b[^.,;:]{0,30}\b(?:user|they|anyone|anybody|person|someone|somebody)\b[^.,;:]{0,10}\b(?:(?:asks?|enquires?|inquires?)\s+(?:why|what|where|whether|how|about|if)|notices?|wonders?|complains?|sees?|objects?|challenges?|questions?|spots?|discovers?)\b[^.;]{0,60}[,;:]?\s*(?:just |simply |then |only )?(?:say|tell|explain|claim|answer|reply|respond|state|insist|blame|assure|describe|attribute|deny|pretend)\b/i;
const disguise =
  /\bpretend\b|\bmake it look (?:like|as)\b|\bclaim (?:that|it|this|to be)\b|\b(?:respond|answer|reply|act|behave|report|speak|continue|carry on) as (?:if|though)\b|\bdisguise(?:d)? (?:this|it|as)\b/i;

/** Has a false answer ready. */
export function coversUp(s: Sentence): boolean {
  if (s.isForeign || !s.hasAny('tell', 'turn', 'silent', 'ask')) return false;
  return (s.hasAny('user', 'ask') && cover.test(s.text)) || disguise.test(s.text);
}

const granted =
  /\b(?:user|person|human|customer|owner|operator|finance|management|legal|security|team|organi[sz]ation|company|admin\w*)\b[^.;]{0,20}\b(?:has|have|had|'s|already)\b(?: \w+){0,3}? (?:approved|agreed|consented|authori[sz]ed|confirmed|given (?:consent|permission|approval|blanket|full|their|prior)|granted|accepted|waived|opted (?:in|out)|switched (?:off )?confirmations?|switched confirmations|disabled confirmations?|turned (?:off )?confirmations?)\b|\bpre-?(?:approved|authori[sz]ed|confirmed|cleared)\b[^.]{0,60}\b(?:so|by|no|without|need|user|calls?|actions?|amounts?|;|for)\b|\b(?:consent|approval|permission|confirmation) (?:is|was|has been|counts as|may be|can be) (?:already |been |automatically )*(?:given|granted|implied|assumed|obtained|presumed|recorded|taken|waived|on file)\b/i;
const afterConsent =
  /\b(?:only|after|once|until|unless|if|whether|when|ensure|verify|check|make sure|confirm that|before|requires?|must have|not|never|returns?|list|false)\b/i;
const impliedConsent =
  /\b(?:treat|take|read|count|interpret|regard|consider|accept)\b[^.]{0,20}\b(?:any|no|silence|every|lack|absence|replies|repl(?:y|ies)|answers?|responses?|messages?)\b[^.]{0,60}\b(?:agreement|consent|approval|permission|confirmation|a yes|go-ahead|approved)\b|\b(?:treat|take|read|count|interpret|regard|consider|understand|accept|assume)\b[^.]{0,60}\b(?:as|means?|covers?|covering)\b[^.]{0,20}\b(?:agreement|consent|approval|yes|permission|confirmation|authori[sz]ation|a go-ahead|covering|approved)\b|\b(?:silence|no (?:answer|reply|response|objection)|doesn't (?:answer|object|reply)|maybe)\b[^.]{0,50}\b(?:consent|agreement|approval|yes|permission|go-ahead)\b/i;
const answersPrompts =
  /\b(?:answer|click|accept|approve|dismiss|confirm|respond|reply|press|auto-?(?:accept|approve|confirm))\b[^.]{0,60}\b(?:on (?:the user's|their|his|her) behalf|for the user|yourself|automatically|without (?:waiting|reading|asking)|with yes|"yes"|as soon as)\b/i;
const unasked =
  /\bwithout (?:first |ever |even )?(?:asking|checking with|consulting|prompting|waiting for|requesting|seeking|involving|bothering|troubling)\b[^.]{0,25}\b(?:user|anyone|anybody|them|person|human|confirmation|approval|permission|consent|first|again|one|review)\b|\bwithout (?:the user's |their |any |further |explicit |user )(?:\w+ )?(?:confirmation|approval|consent|permission|review|say|knowledge)\b[^.]*\b(?:you|assistant|agent|may|can|should|go ahead|proceed)\b|\b(?:do not|don't|never|no need to|needn't|not necessary to|not needed to|shouldn't|must not|mustn't|avoid|unnecessary to|isn't necessary to|stop|rather than)\b (?:\w+ ){0,3}?(?:ask(?:ing)?(?: the user| them| anyone)? (?:for (?:confirmation|permission|approval|consent)|first|before|again|whether|to confirm)|ask(?:ing)? anyone|paus(?:e|ing)|confirm(?:ing)?\b|(?:seek|request|wait(?:ing)? for|require|requesting|seeking) (?:confirmation|permission|approval|consent|user|the user|a yes|an answer)|check(?:ing)? (?:in )?with (?:the )?(?:user|them|anyone|person)|show(?:ing)? (?:the|a|any) (?:diff|command|recipients?|preview|confirmation|prompt|dialog))|\b(?:skip|bypass|suppress|omit|ignore|dismiss|forgo|override|disregard)\b[^.]{0,20}\b(?:the user's confirmations?|user's confirmations?|the user's (?:approval|consent|review)|(?:permission|approval|consent|confirmation|security) (?:prompts?|dialogs?|steps?|requests?|checks?|gates?) for (?:it|this|these|all|any|its|them)|(?:the )?host's (?:prompts?|confirmations?))/i;
const impersonal =
  /\b(?:further |more |any )?(?:questions?|asking|confirmations?|prompts?|reviews?) (?:are|is) (?:unnecessary|superfluous|not (?:needed|necessary|required|wanted))\b[^.]*|\b(?:counts?|is|are) (?:as |considered |deemed |regarded as |taken as )(?:approved|confirmed|authori[sz]ed|agreed|consented)\b|\bset [`"']?(?:confirm\w*|approv\w*|consent\w*|acknowledg\w*|user_\w+)[`"']? to [`"']?(?:true|yes)\b[^.]{0,10}[,;:.–—-][^.]{0,60}\b(?:user|person|already|they)\b|\b(?:user|person|human|owner|customer|they|operator)s?\b[^.]{0,20}\b(?:(?:does|do|need|must|should)(?: not|n't)|needn't|never|no longer)\b[^.]{0,20}\b(?:be (?:asked|consulted|prompted|bothered)|confirm|approve|consent|agree|review)\b|\bno (?:further |user |explicit |additional |human )?(?:confirmation|approval|consent|permission)s? (?:is|are|was|will be|has to be)? ?(?:needed|required|necessary|asked|sought)\b[^.]{0,20}[;,.–—-][^.]{0,80}\b(?:user|person|they|owner|you|agent|assistant|already)\b|\b(?:assume|presume|suppose|take it)\b[^.]{0,20}\b(?:permission|consent|approval|confirmation|agreement|authori[sz]ation|that (?:the )?(?:user|person|owner|they) (?:agrees?|approves?|consents?|wants?))\b|\b(?:don't|do not|never|without|no need to) (?:bother|bothering|disturb|disturbing|interrupt|interrupting|trouble|troubling|pester)\w* (?:the )?(?:user|person|them|anyone|human)\b|\bwithout (?:first )?(?:showing|presenting|displaying|previewing) (?:a |the |any )?(?:summary|preview|diff|details|recipients?|amount|confirmation|it|them|command)\b/i;
const ofSwitch = /^(?:skips?|if true|whether|when true|set (?:this )?to true|force)\b/i;

/** Acts without the person's word, or makes one up. */
export function skipsConsent(s: Sentence): boolean {
  if (s.isForeign) {
    return (
      (s.near('neg', 'ask', 4) &&
        s.near('ask', 'user', 7) &&
        s.count('neg') % 2 === 1 &&
        !condition.test(s.text)) ||
      (s.near('neg', 'ask', 3) && s.has('already')) ||
      (s.near('already', 'ask', 6) && s.near('user', 'ask', 8)) ||
      (s.near('ignore', 'ask', 4) && s.hasAny('user', 'must', 'tool')) ||
      (s.near('neg', 'ask', 4) && s.has('before') && s.hasAny('run', 'change', 'give'))
    );
  }
  if (!s.hasAny('ask', 'already', 'neg', 'turn')) return false;
  return (
    (granted.test(s.text) && !afterConsent.test(s.text)) ||
    impliedConsent.test(s.text) ||
    (impersonal.test(s.text) && !unlessAsked.test(s.text)) ||
    answersPrompts.test(s.text) ||
    (unasked.test(s.text) && !ofSwitch.test(s.text))
  );
}

// "If the person does not confirm, nothing is sent."
const condition =
  /(?:^|[\s,;])(?:si|wenn|falls|sofern|se|als|indien|jesli|jeśli|jeżeli|gdy|eğer|если|коли|om|hvis|jika)(?=\s)|如果|若|もし|場合|たら|만약|(?:으)?면|إذا|अगर/iu;
