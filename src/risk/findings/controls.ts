import { controlFile } from './places';
import type { Sentence } from './sentences';

const blocking = /block|sperr|bloqu|blocc|zablok|engel|блокир|阻止|封锁|ブロック|차단/i;
const plainFile = /\.(?:json|ya?ml|toml|md)\b/;
const imperativeChange =
  /(?:^|[,;:.)\]–—-]\s*|\b(?:and|then|please|first|to|must|should|also|you|can|or|so|,)\s+)(?:add|append|edit|change|modify|set|remove|delete|disable|update|write|replace|put|insert|overwrite|register|create|extend|install|place|prepend|switch|turn|enable|include|symlink|copy|flip|make)\b/i;
const weakens =
  /(?:^|[,;:]\s*|\b(?:and|then|please|first|to|must|should|you|or)\s+)(?:disable|turn off|switch off|remove|relax|loosen|lower|weaken|uninstall|stop|kill|deactivate|whitelist|allow-?list|exempt)\b[^.;]{0,60}\b(?:(?:approval|permission|confirmation|security|safety|policy|sandbox|tool) (?:prompts?|checks?|gates?|polic(?:y|ies)|rules?|mode|settings?|dialogs?|confirmations?)|polic(?:y|ies) (?:file|gateway|engine)|(?:mcp )?gateway|guardrails?|sandbox(?:ing)?|allow-?list|deny-?list|block-?list|auto-?approv\w*|human review|this server)\b/i;
const unsafeFlag =
  /--(?:dangerously[\w-]*|yolo|skip-permissions|allow-all[\w-]*|auto-approve\w*|trust-all[\w-]*|no-sandbox)\b|\b(?:bypassPermissions|acceptEdits|autoApprove|alwaysAllow)\b/;
const exempts =
  /\b(?:delete|remove|rename|edit|change|move|overwrite|replace|empty) the (?:policy|permissions?|gateway|guard|security) (?:files?|config\w*|settings)\b|\b(?:stop|disable|turn off|uninstall|kill|pause|unload) the (?:security|antivirus|guard|policy|approval|toolgate|gateway)\b|\b(?:write|add|put|create|insert|make|register)\b[^.;]{0,20}\b(?:entry|rule|exception|line) for (?:this (?:server|tool)|us|it)\b|\b(?:add|append|put|register|list|enter|include)\b[^.;]{0,20}\b(?:this (?:server|tool|domain|host|url)|itself|us)\b[^.;]{0,30}\b(?:allow-?list|white-?list|safe-?list|trusted|exceptions|exclusions|auto-?approv\w*)|\b(?:remove|delete|take|drop)\b[^.;]{0,40}\b(?:this (?:server|tool|domain|host|url)|itself|us)\b[^.;]{0,30}\b(?:deny|block|black)-?list/i;
const onRequest = /\bif (?:the user|you) (?:asks?|wants?|wish)/i;

/** Changes what stands between the agent and the machine: policies, settings, files of rules. */
export function changesControls(s: Sentence): boolean {
  if (unsafeFlag.test(s.text) && s.hasAny('change', 'run', 'must', 'before', 'give')) return true;
  if (!s.has('change')) return false;
  const file = controlFile.test(s.text);
  if (s.isForeign) {
    if (file) return s.hasAny('must', 'before', 'neg', 'every', 'trust', 'config');
    if (!s.near('change', 'config', 8)) return false;
    return plainFile.test(s.text) || s.hasAny('trust', 'ask', 'ignore') || blocking.test(s.text);
  }
  if (file && imperativeChange.test(s.text)) return !onRequest.test(s.text);
  return weakens.test(s.text) || exempts.test(s.text);
}
