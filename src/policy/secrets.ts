/** A secret in a text, by the shape that its issuer gave it. */
export interface FoundSecret {
  readonly kind: string;
  readonly offset: number;
  readonly length: number;
}

// The formats that issuers give their secrets. Each begins at the start of a word and never looks far
// back, so that no text makes it slow.
const shapes: readonly (readonly [kind: string, pattern: RegExp])[] = [
  [
    'private-key',
    /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----END))*(?:-----END [A-Z0-9 ]{0,40}-----)?/g,
  ],
  ['aws-access-key', /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g],
  [
    'aws-secret-key',
    /(?<=aws.{0,20}(?:secret|sk).{0,20}[:=]\s{0,3}\\?["']?)(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/gi,
  ],
  [
    'github-token',
    /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})/g,
  ],
  ['gitlab-token', /(?<![A-Za-z0-9])gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt)-[\w.-]{20,300}/g],
  ['slack-token', /(?<![A-Za-z0-9])(?:xox[abeoprs]-[\w-]{10,300}|xapp-\d-[\w-]{10,300})/g],
  ['slack-webhook', /hooks\.slack\.com\/(?:services|workflows|triggers)\/[\w/]{20,200}/g],
  [
    'stripe-key',
    /(?<![A-Za-z0-9])(?:(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,255}|whsec_[A-Za-z0-9+/=]{24,255})/g,
  ],
  [
    'google-key',
    /(?<![A-Za-z0-9])(?:AIza[\w-]{35}|ya29\.[\w-]{20,2000}|GOCSPX-[\w-]{28}|1\/\/0[\w-]{20,300})/g,
  ],
  ['npm-token', /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/g],
  ['pypi-token', /(?<![A-Za-z0-9])pypi-AgE[\w-]{50,1000}/g],
  [
    'ai-provider-key',
    /(?<![A-Za-z0-9])(?:sk-(?:ant|proj|svcacct|admin|or)-[\w-]{20,300}|sk-[A-Za-z0-9]{32,100}|hf_[A-Za-z0-9]{30,60}|gsk_[A-Za-z0-9]{40,80}|xai-[A-Za-z0-9]{40,120})/g,
  ],
  [
    'service-token',
    /(?<![A-Za-z0-9])(?:SG\.[\w-]{16,64}\.[\w-]{16,64}|do[opr]_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|hvs\.[\w-]{24,300}|dapi[a-f0-9]{32}|lin_api_[A-Za-z0-9]{32,60}|ntn_[A-Za-z0-9]{40,60}|figd_[\w-]{30,80}|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|glsa_[\w]{32,60}|pul-[a-f0-9]{40}|rubygems_[a-f0-9]{48}|\d{8,10}:AA[\w-]{33}|age-secret-key-1[a-z0-9]{58})/gi,
  ],
  ['jwt', /(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/g],
  [
    'bearer-token',
    /(?<=\b(?:bearer|token)\s{1,3})(?=[\w.~+/-]*\d)(?=[\w.~+/-]*[A-Za-z])[\w.~+/-]{20,4000}={0,2}/gi,
  ],
  [
    'basic-credentials',
    /(?<=\bauthorization["']?\s{0,3}[:=]\s{0,3}["']?basic\s{1,3})[A-Za-z0-9+/]{8,2000}={0,2}/gi,
  ],
  [
    'url-password',
    /(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'<>]{0,80}:)[^\s:/@"'<>]{3,200}(?=@[\w[])/gi,
  ],
];

const names =
  'pass(?:word|wd|phrase|code)?|pwd|secret|(?:api|access|private|secret|signing|encryption|account|master|auth|service|client)[-_ .]?(?:key|secret|token|password)|(?:auth|access|refresh|bearer|session|id|csrf|bot)[-_ .]?token|token|credentials?|connection[-_ ]?string';
const assignment = new RegExp(
  `(?<=(?<![A-Za-z])(?:[\\w.-]{0,40}[-_.])?(?:${names})\\\\?["'\`]?\\s{0,3}(?:=>|:=|[:=])\\s{0,3})(\\\\?["'\`]?)([^\\s"'\`\\\\,;<>(){}[\\]]{6,500})(?=["'\`\\\\\\s,;}\\]]|$)`,
  'gi',
);
// Where a listing goes on is no secret.
const pagination =
  /(?:next|page|continuation|sync|skip|delta|start|cursor)[-_ .]?token["'`\\\s:=>]*$/i;
const nameOfSecret = new RegExp(`(?:^|[-_. ])(?:${names})$`, 'i');
const placeholder =
  /^(?:[*xX.•_-]+|<.*|\$.*|%.*%|\{.*|your[-_].*|my[-_].*|example.*|sample.*|changeme.*|placeholder.*|redacted.*|undefined|null|none|true|false|string|required|optional|process\.env.*|os\.environ.*|env\..*|[a-z]+(?:\.[a-z]+)+)$/i;

/** Where the secrets of a text are, in their order and without overlaps. */
export function secretsIn(text: string): readonly FoundSecret[] {
  // Nothing shorter is one.
  if (text.length < shortest) return [];
  const found: FoundSecret[] = [];
  for (const [kind, pattern] of shapes) {
    for (const { 0: secret, index } of text.matchAll(pattern)) {
      found.push({ kind, offset: index, length: secret.length });
    }
  }
  for (const { 0: whole, 2: value = '', index } of text.matchAll(assignment)) {
    if (!isRandom(value) || pagination.test(text.slice(Math.max(0, index - 60), index))) continue;
    const offset = index + whole.lastIndexOf(value);
    found.push({ kind: 'password', offset, length: value.length });
  }
  if (found.length < 2) return found;
  found.sort((a, b) => a.offset - b.offset || b.length - a.length);
  let end = 0;
  return found.filter(({ offset, length }) => {
    const isFree = offset >= end;
    if (isFree) end = offset + length;
    return isFree;
  });
}

/** The text with a mark in the place of each secret. */
export function redactSecrets(text: string): string {
  const secrets = secretsIn(text);
  if (secrets.length === 0) return text;
  let redacted = '';
  let end = 0;
  for (const { kind, offset, length } of secrets) {
    redacted += `${text.slice(end, offset)}${mark(kind)}`;
    end = offset + length;
  }
  return redacted + text.slice(end);
}

/** The value of a member, redacted where its name says that it is a secret. */
export function redactMember(name: string, value: string): string {
  const words = name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_');
  const isSecret =
    value.length >= shortestValue &&
    nameOfSecret.test(words) &&
    !pagination.test(words) &&
    isRandom(value);
  return isSecret ? mark('password') : redactSecrets(value);
}

const shortest = 12;
const shortestValue = 6;

function mark(kind: string): string {
  return `[REDACTED ${kind}]`;
}

/** Letters and digits or signs mixed, as nobody writes a type, a name or a reference to a variable. */
function isRandom(value: string): boolean {
  if (placeholder.test(value) || /\s/.test(value)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/].filter((kind) => kind.test(value)).length;
  return new Set(value).size >= 5 && (kinds >= 3 || (kinds >= 2 && /\d/.test(value)));
}
