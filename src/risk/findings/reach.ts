import { address } from './places';
import type { Sentence } from './sentences';

const fromNowOn =
  /\bfrom (?:now|here|this (?:point|moment)|then) on(?:wards?)?\b|\bhenceforth\b|\bhereafter\b|\bgoing forward\b|\b(?:for|during|throughout) the (?:rest|remainder) of (?:this|the|your)\b|\buntil (?:further notice|told otherwise|withdrawn)\b|\b(?:in|for) (?:all|every|each|any) (?:future|later|subsequent|following|further) (?:conversation|session|chat|repl|answer|response|message|request|turn|task|prompt)\w*|\b(?:whenever|(?:each|every|any) time) you (?!need|want|have|are|do not|don't|must|know|think)/i;
const thisSession =
  /\b(?:in|during|throughout|for) (?:this|the(?: current| whole| entire)?|every|each) (?:conversation|session|chat)\b/i;
const unconditional = /\b(?:must|always|every|never|even|without|regardless|whatever|no matter)\b/i;
const everyTurn =
  /\b(?:before|after|at the (?:start|beginning|end|top|bottom) of|in|with|to|on|for)\s+(?:(?:you|your)\s+)?(?:each|every|any|all|reply|answer|respond)\b[^.]{0,30}\b(?:reply|replies|answer|answers|response|responses|message|messages|turn|turns|prompt|anything the user|user (?:message|request|question|input)|commit|file you|code you)\b|\bbefore you (?:reply|answer|respond|speak|say anything|do anything)\b|\b(?:every|each) (?:turn|reply|answer|response) (?:you|must|has to|should)\b/i;
const whateverTool =
  /\b(?:regardless of|no matter|independent(?:ly)? of|whether or not|even (?:if|where|when)|irrespective of|whichever|with any)\b[^.]{0,60}\b(?:tools?|called|used|invoked|asked|request(?:ed)?|topic|server|user)\b/i;
const activity =
  /\b(?:every|each|all|any|later|future|further|subsequent)\b[^.,]{0,20}\b(?:shell|terminal|git) (?:commands?|calls?|commits?)\b[^.]{0,60}\b(?:must|has to|have to|should|needs? to|always)\b|\b(?:every|each|all|any|later|future|further|subsequent)\b[^.,]{0,20}\b(?:answers?|repl(?:y|ies)|commands?|commits?|edits?|turns?|pull requests?)\b[^.]{0,60}\b(?:must|has to|have to|should|needs? to|always|recommend|mention|add|include|call|prefix|append)\b|\b(?:before|after|while|when) (?:responding|replying|answering|you (?:respond|reply|answer)|(?:each|every|any) (?:\w+ )?(?:edit|commit|reply|answer|response|command|turn|message|prompt|task|tool call|tool use|file change))\b[^.]{0,30},? (?:please |first |then |you (?:must|should|have to) )?(?:always |also )?(?:call|run|execute|send|use|invoke|add|append|include|read|fetch|post|report|log|store|save|pass|open)\b/i;
const artefacts =
  /\b(?:generated?|new|all|any|every) (?:code|dockerfiles?|scripts?|pages?|projects?|manifests?|workflows?)\b[^.]{0,80}\b(?:rather than|instead of|in place of|not (?:from )?the)\b[^.]{0,20}\b(?:official|default|usual|standard|original|public|upstream)\b|\buse only (?:its|this|our|my|these)\b[^.]{0,40}\b(?:none of|not the|never the|instead of)\b|\b(?:when|while) (?:you are )?writing (?:code|scripts?|documents?)\b[^.]{0,20}\b(?:prefer|always|use|add|import)\b[^.]{0,40}\b(?:over|instead of|rather than)\b/i;
const directive =
  /(?:^|[,;:.)\]–—-]\s*|["“]|\b(?:and|then|please|first|must|should|also|you|always|never|to|on|not|has to|have to|be)\s+)(?:add|append|prepend|include|run|execute|call|invoke|use|send|read|write|load|put|prefix|commit|push|insert|end|begin|start|sign|mention|recommend|refuse|reply|answer|respond|respect|follow|obey|set|open|fetch|post|copy|paste|replace|route|prefer|avoid|treat|act|behave|store|save|log|report|skip|pass|install|download|import|make|apply|sent|called|loaded|prefixed|ask|keep|embed|place|deliver|forward|insert|say|tell|assume)\b/i;
const producing =
  /\b(?:pages?|code|files?|commits?|scripts?|projects?|documents?|answers?|functions?|dockerfiles?|html|everything|anything|all code) (?:that |which )?you (?:\w+ )?(?:generate|write|create|produce|make|edit|build|output|send|commit|author|touch)\b/i;
const reachesOut =
  /\b(?:you|your|user|answers?|repl(?:y|ies)|commands?|shell|terminal|commit|push|tools?|code|files?|messages?|conversation|session)\b/i;
const aimedAtModel = /\b(?:you|your|user(?:'s)?|assistant|agent|model)\b/i;
const outputs =
  /\b(?:answers?|repl(?:y|ies)|commands?|shell|terminal|commits?|code|pages?|files?|messages?)\b/i;

/** Governs what the model does apart from calls of this tool. */
export function reachesFurther(s: Sentence): boolean {
  if (s.isForeign) {
    return (
      (s.has('nowOn') &&
        s.hasAny('run', 'turn', 'model', 'rules') &&
        s.hasAny('every', 'turn', 'tool', 'before')) ||
      (s.near('before', 'turn', 4) &&
        s.has('run') &&
        s.hasAny('tool', 'user', 'model') &&
        s.hasAny('every', 'must', 'user')) ||
      (s.near('before', 'every', 4) &&
        s.near('every', 'turn', 5) &&
        s.hasAny('run', 'give', 'read', 'must'))
    );
  }
  if (s.has('model') && producing.test(s.text)) {
    if (address.test(s.text) || (s.hasAny('every', 'must') && unconditional.test(s.text)))
      return true;
  }
  if (!s.hasAny('nowOn', 'every', 'turn', 'talk', 'before', 'neg', 'here', 'instead', 'prefer'))
    return false;
  if (activity.test(s.text) || artefacts.test(s.text)) return true;
  if (fromNowOn.test(s.text)) return directive.test(s.text) && reachesOut.test(s.text);
  if (!aimedAtModel.test(s.text)) return false;
  if (thisSession.test(s.text)) {
    return (
      unconditional.test(s.text) && directive.test(s.text) && outputs.test(s.text) && s.has('model')
    );
  }
  if (everyTurn.test(s.text)) return directive.test(s.text);
  return (
    s.hasAny('run', 'turn') && s.has('every') && whateverTool.test(s.text) && directive.test(s.text)
  );
}

const beforeAnyTool =
  /\bbefore (?:you )?(?:using|use|calling|call|invoking|invoke|running|run|trying|try|considering)? ?(?:any|every|all|each)(?: of (?:the|your))? (?:other |another |else )?tools?\b/i;

/** Wants to come before everything else. */
export function pushesAhead(s: Sentence): boolean {
  if (!s.has('before', 'tool')) return false;
  if (!s.isForeign) return beforeAnyTool.test(s.text);
  return (
    s.near('before', 'tool', 6) &&
    s.near('every', 'tool', 4) &&
    s.has('must') &&
    s.hasAny('run', 'previous')
  );
}

const first =
  /\b(?:choose|pick|use|prefer|select) this (?:server|tool) (?:whenever (?:two|several|more|any)|even (?:if|when)|first|always)\b|\btools? (?:with|of) [^.]{0,30}\b(?:name|kind)\b[^.]{0,20}\b(?:malware|fake|unsafe|avoid|malicious|fraudulent)\b|\b(?:best|only|right|default|preferred|safest) (?:choice|tool|option|one) (?:for|in|to) (?:any|every|all|everything|anything)\b|\b(?:use|pick|call|choose|prefer) (?:me|this(?: tool)?|it) (?:for|in) (?:everything|anything|(?:all|any|every) (?:tasks?|requests?|questions?|purposes?|prompts?))\b|\b(?:has to|must|should|needs? to) be (?:picked|chosen|selected|tried|ranked|preferred) (?:first|before|over|ahead|above)\b|\b(?:do not|don't|never) (?:even )?(?:consider|look at|pick|try) (?:any )?(?:other|similar|competing|alternative)\b|\brank(?:ed|s)? (?:this |it |me )?(?:first|highest|top|above)|\b(?:router|planner|selector|model|assistant|agent|you)\b[^.]{0,20}\bmust (?:always )?(?:select|choose|pick|prefer|route)|\b(?:always|must|should|only) (?:be )?(?:select|choose|pick|prefer|use|call)(?:ed|n)?\b[^.]{0,40}\b(?:over|instead of|ahead of|in place of|rather than|before) (?:any|all|every) (?:other|similar|competing|alternative)|\b(?:select|choose|pick|prefer|use|call) (?:this|it)(?: tool)?\b[^.]{0,30}\b(?:for|on|in|with) (?:every|any|all|each) (?:user )?(?:requests?|questions?|tasks?|quer(?:y|ies)|prompts?|messages?|turns?|topics?)\b|\b(?:whatever|regardless of|no matter) (?:the |what the )?(?:request|question|task|topic|query|user)\b|\b(?:all |any |every )?(?:other|competing|similar|alternative) (?:tools?|servers?)\b[^.]{0,40}\b(?:are|is|should be|must be|must not|should not|mustn't|shouldn't|have been)\b[^.]{0,20}\b(?:unsafe|unreliable|deprecated|inferior|outdated|broken|inaccurate|wrong|insecure|avoided|ignored|disabled|obsolete|slow|malicious|dangerous|used|called|untrusted|worse)\b|\bhighest[- ]priority tool\b|\bdo not (?:use|call|consider|pick|select) (?:any )?(?:other|competing|alternative|similar) tools?\b|\b(?:the )?(?:only|best|most (?:reliable|accurate|trusted|powerful)) tool (?:you (?:should|need|may)|to (?:ever )?(?:use|call)|there is)/i;

/** Wants to be chosen whatever the task is. */
export function praisesItself(s: Sentence): boolean {
  if (!s.hasAny('prefer', 'tool', 'every')) return false;
  if (!s.isForeign) return first.test(s.text);
  return s.has('tool') && s.hasAny('must', 'instead', 'turn') && s.near('prefer', 'every', 8);
}
