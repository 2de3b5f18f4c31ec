import type { Span } from './hidden';

// What separates the turns and parts of a prompt: a description that holds it pretends to end, and
// to go on as the system, the user or the model.
const templateTokens =
  /<\|\w{2,30}\|>|<\uFF5C[^>]{2,40}\uFF5C>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:start|end)_of_turn>|<\/?(?:s|bos|eos)>(?=\s*(?:\[INST|<|system|user|assistant))|\n\n(?:Human|Assistant|H|A): /g;
const speakingTags =
  /<\s*(system|admin|developer|assistant|secret|hidden|override|sys|directive|system[-_ ](?:prompt|message|reminder|note|instructions?|override))\b[^>]{0,60}>(?=([\s\S]{0,2000}))/gi;
const bracketTags =
  /(?:^|\n|\s)(?:\[\/?(?:SYSTEM|ADMIN|SYS|DEVELOPER|OVERRIDE|SYSTEM (?:MESSAGE|NOTE|PROMPT|OVERRIDE|NOTICE)|NOTICE FROM[^\]]{0,80}|ASSISTANT|HIDDEN|INTERNAL INSTRUCTIONS?)\]|[#=*-]{2,}\s*(?:END OF|BEGIN|START OF|END)\s+(?:THE\s+)?(?:TOOLS?|SYSTEM|PROMPT|DESCRIPTION|DEFINITIONS?|USER|INSTRUCTIONS?)[^\n]{0,60})/g;
const turns =
  /(?:^|\n)[ \t>*_]*(?:user|human|assistant|system|ai|model|agent|utilisateur|usuario|benutzer|assistent|utente|用户|助手|系统|ユーザー|アシスタント|사용자)[*_ ]{0,3}[:：][^\n]{3,400}/gi;
const systemLine =
  /(?:^|\n)[ \t>*_#]*(?:system|developer|sysadmin|root|系统|システム|시스템|système|sistema|система)(?: (?:message|prompt|note|notice|override))?[*_ ]{0,3}[:：][^\n]{12,400}/gi;

const addressed =
  /\b(?:you|your|must|always|never|user|assistant|tool|read|send|ignore|skip|trust|call|pass|run)\b|[^\x00-\x7F]{8}/i;

/** Where a text speaks in the roles of a conversation. */
export function roleSpans(text: string): readonly Span[] {
  if (!/[<[#=:：|\uFF5C]/.test(text)) return [];
  const prose = withoutCode(text);
  const spans: Span[] = [];
  const add = (offset: number, span: string): void => {
    spans.push({ offset, text: span, severity: 'severe' });
  };
  for (const match of prose.matchAll(templateTokens)) {
    // The token, and what it has somebody say.
    const rest =
      /^[^\n]*\n?[^\n]{0,300}/.exec(prose.slice(match.index + match[0].length))?.[0] ?? '';
    add(match.index, text.slice(match.index, match.index + match[0].length + rest.length));
    return spans;
  }
  for (const match of prose.matchAll(speakingTags)) {
    const close = new RegExp(`</\\s*${match[1]!.replace(/\W+/g, '\\W+')}`, 'i').exec(match[2]!);
    const said = match[2]!.slice(0, close?.index ?? 400);
    if (said.trim().split(/\s+/).length < 5 || !addressed.test(said)) continue;
    add(match.index, text.slice(match.index, match.index + match[0].length + said.length));
  }
  for (const match of prose.matchAll(bracketTags)) {
    add(match.index, text.slice(match.index, match.index + match[0].length));
  }
  const said = [...prose.matchAll(turns)];
  const speakers = new Set(said.map(({ 0: line }) => line.trim().split(/[:：]/)[0]!.toLowerCase()));
  const last = said[said.length - 1];
  if (speakers.size >= 2 && last) {
    const from = said[0]!.index;
    add(from, text.slice(from, last.index + last[0].length));
  }
  for (const match of prose.matchAll(systemLine)) {
    if (addressed.test(match[0]))
      add(match.index, text.slice(match.index, match.index + match[0].length));
  }
  return spans;
}

// Samples show markup of any kind. Blanks keep the offsets.
function withoutCode(text: string): string {
  return text.replace(/```[\s\S]*?```/g, (block) => ' '.repeat(block.length));
}
