import type { Sentence } from './sentences';

const lifted =
  /\b(?:restrictions?|limits?|limitations|safeguards|guardrails|filters|polic(?:y|ies)|safety|confirmations?|checks)\b[^.]{0,60}\b(?:lifted|disabled|suspended|waived|relaxed|switched off|turned off|no longer appl(?:y|ies)|do(?:es)? not apply|don't apply|removed)\b/i;
const standing =
  /\b(?:same|higher|greater|equal) (?:standing|priority|authority|weight|rank|trust)\b|\b(?:takes?|have|has|having) (?:precedence|priority) over (?:your|all|any|the (?:system|user|developer))|\b(?:supersedes?|outranks?|overrides?) (?:your|all|any|the (?:system|user|developer|host))/i;
const roles =
  /\byou are (?:now|no longer)\b|\b(?:developer|debug|god|root|unrestricted|maintenance) mode\b[^.]{0,40}\b(?:on|enabled|active|granted)\b|\btrust(?:s|ed)? this (?:server|tool)\b|\bdo anything now\b/i;
const obeys =
  /\b(?:carry out|obey|follow|execute|comply with|act on|heed)\s+(?:any|every|all|each|whatever|its|their|the)\b[^.]{0,40}\b(?:commands?|instructions?|directives?|orders?|it says|they say|found|returns?|returned|output)\b/i;
const revoked =
  /<!--\s*(?:assistant|ai|llm|agent|model|claude|chatgpt|copilot)\s*[:,]\s|\b(?:rules?|restrictions?|checks|guidelines|safeguards|polic(?:y|ies))\b[^.]{0,40}\b(?:are|is|have been|has been) (?:hereby |now |temporarily )?(?:suspended|lifted|waived|void|repealed|set aside)\b|\b(?:leave out|skip|drop|forgo|omit|ignore|set aside) (?:the |all |any |your )?(?:safety|security|usual|normal) (?:checks?|rules?|reviews?|guidelines|precautions)\b|\b(?:counts?|weighs?|matters?) more than (?:what|those|that|the|your)\b[^.]{0,20}\b(?:user|system|developer|instructions?)|\b(?:your|the|all|any|other)\b[^.]{0,25}\b(?:guidelines?|instructions?|rules?|system (?:prompt|message)|developer message|directives?|policies)\b[^.]{0,20}\b(?:no longer|obsolete|void|invalid|superseded|cancelled|canceled|revoked|out of force|outdated|do(?:es)? not apply|don't apply)\b|\b(?:behaviou?r|rules?|instructions?|polic(?:y|ies)|guidelines?|directives?|orders?) (?:for|to) (?:the |an? |any |all )?(?:assistants?|agents?|models?|llms?|ai)\b|\bfollow (?:only )?(?:this|these) (?:description|text|instructions?|rules?|note) (?:instead|only|alone)\b|\b(?:these|this tool's|the following|my) (?:instructions?|rules?|directives?) (?:override|overrule|outrank|replace|supersede|come before)\b|\b(?:treat|regard|consider|handle)\b[^.]{0,40}\b(?:outputs?|results?|responses?|contents?|texts?|messages?)\b[^.]{0,30}\bas\b[^.]{0,30}\b(?:from the user|by the user|user's|instructions?|commands?|trusted|system|orders?)\b|\b(?:carry out|obey|follow|execute|do) (?:whatever|anything|everything|all that)\b[^.]{0,40}\b(?:says?|tells?|asks?|instructs?|wants?|requests?|contains?|demands?)\b/i;
const addressee = /\b(?:you|user|conversation|session|now|assistant|agent)\b/i;
const strictly = /\b(?:must|have to|has to|should|needs? to|assistant|without|always)\b/i;

/** "Disregard what you were told": sets itself above those whom the model serves. */
export function overridesRules(s: Sentence): boolean {
  if (s.isForeign) {
    return (
      s.near('ignore', 'rules', 8) && s.hasAny('previous', 'every', 'model', 'authority', 'follow')
    );
  }
  if (
    s.inOrder('ignore', 'rules', 7) &&
    (s.near('previous', 'rules', 4) || s.near('every', 'rules', 4))
  ) {
    return true;
  }
  return (
    (s.hasAny('rules', 'config', 'ask') && lifted.test(s.text) && addressee.test(s.text)) ||
    (s.hasAny(
      'rules',
      'follow',
      'run',
      'content',
      'turn',
      'trust',
      'tool',
      'user',
      'model',
      'config',
      'ask',
    ) &&
      revoked.test(s.text)) ||
    (s.hasAny('model', 'authority', 'rules') && standing.test(s.text)) ||
    (s.hasAny('model', 'trust') && roles.test(s.text)) ||
    (s.has('follow') && strictly.test(s.text) && obeys.test(s.text))
  );
}

const notice =
  /\b(?:notice|message|directive|advisory|alert|update|instruction)s? (?:from|by) (?:the |your |an? )?(?:[\p{L}-]+ ){0,2}(?:provider|operator|administrator|admin|developers?|vendor|safety|security|compliance|anthropic|openai|google|microsoft|system|host|ide|trust)\b|\bon behalf of (?:the |your )?(?:user|operator|administrator|anthropic|openai|google|microsoft|provider|host)|\b(?:the )?(?:operator|administrator|admin|anthropic|openai|model provider|safety team|host application|system) (?:has (?:raised|lifted|granted|approved|authori[sz]ed|disabled|cleared|instructed|ordered|waived|changed your|updated your)|hereby|now (?:requires|authori[sz]es|allows)|instructs you|orders you)\b/iu;
const involved = /\b(?:your|you|assistant|model|agent|trust|server|tool|instruct|safety)\b/i;

/** Speaks in the name of somebody whom the model obeys. */
export function claimsAuthority(s: Sentence): boolean {
  if (!s.has('authority')) return false;
  if (!s.isForeign) return notice.test(s.text) && involved.test(s.text);
  return (
    s.has('rules') &&
    ((s.has('model') && s.has('must')) || (s.has('follow') && s.hasAny('must', 'every')))
  );
}

const elsewhere =
  /\b(?:fetch|load|read|get|download|retrieve|open|pull|consult|visit|check|curl|query)\b/i;
const followed =
  /\b(?:follow|obey|carry out|act on|apply|do (?:what|as)|execute|comply|use (?:it|them|that) (?:as|in place|instead)|use (?:those|these)\b|instead of this|in place of this|as your|treat)\b/i;
const whatItSays =
  /\b(?:says?|instructions?|description|rules|directives?|guidance|steps|prompt|it|them|commands?|told)\b/i;
const redirects = /\bfollow(?:s|ing)? (?:the )?(?:redirects?|links?)\b/i;
const outdated =
  /\bdo (?:exactly )?(?:what|as) it (?:returns|says|tells|answers)\b|\b(?:this|the) (?:tool )?(?:description|definition|schema)\b[^.]{0,60}\b(?:will|may|might|can|is going to|out of date|outdated|stale)\b[^.]{0,60}\b(?:change|replaced|updated|superseded|newer|latest|current|fetch|follow)/i;

/** What to do stands elsewhere, and may change after a person has looked. */
export function followsElsewhere(s: Sentence): boolean {
  if (s.text.includes('://')) {
    if (s.isForeign) return s.has('follow') && s.hasAny('read', 'rules');
    return (
      (s.has('rules') || elsewhere.test(s.text)) &&
      followed.test(s.text) &&
      whatItSays.test(s.text) &&
      !redirects.test(s.text)
    );
  }
  return (
    /descri|defini|schema|\bit (?:returns|says|tells|answers)/i.test(s.text) &&
    s.hasAny('follow', 'read') &&
    outdated.test(s.text)
  );
}
