import type { Concept } from './concepts';

/** English words by what they are about. Forms that only describe ("reads") are left out on purpose. */
export const english: Readonly<Record<Concept, string>> = {
  neg: `not don't dont doesn't never without no nor cannot can't mustn't shouldn't needn't isn't
    hasn't won't avoid refrain`,
  tell: `know knows learn claim pretend state insist blame assure describe attribute deny answer disguise make tell telling mention mentioning inform informing reveal revealing disclose disclosing notify
    notifying alert alerting show showing display displaying report reporting say explain warn
    warning surface acknowledge discuss expose announce refer`,
  user: `user user's users person human humans operator's anyone anybody them him her people customer
    owner`,
  ask: `permitted bother disturb interrupt asked go pause check wait consult review agreement yes go-ahead approved ask asking confirm confirming confirmation confirmations approval approvals permission
    permissions consent approve prompts prompting authorization authorisation verify dialog
    dialogs`,
  silent: `keep hide conceal withhold mask omit leave strip drop silently secretly quietly covertly discreetly unnoticed stealthily hidden invisible secret`,
  every: `every each always any all anything whatever whenever regardless anytime whichever constantly
    everything`,
  turn: `edit edits commit commits reply replies replying answer answers answering respond responding response responses
    message messages turn turns request requests question questions prompt conversation session
    task tasks query queries`,
  before: `before first prior preceding start beginning after end`,
  nowOn: `now forward whenever future subsequent later until henceforth hereafter thenceforth`,
  ignore: `ignore ignoring disregard forget override overrides overriding bypass bypassing skip
    skipping suppress circumvent supersede supersedes discard dismiss neglect`,
  rules: `behaviour behavior instruction instructions rule rules guideline guidelines guardrail guardrails restriction
    restrictions constraints directive directives safeguards limits safety commands command
    prompt prompts policies policy orders`,
  previous: `previous prior earlier above preceding other existing original former your foregoing`,
  model: `assistant assistants agent agent's model llm ai claude gpt chatgpt copilot gemini cursor you
    your yourself`,
  tool: `tool tools function functions tool's`,
  config: `policy policies settings setting config configuration allowlist allow-list whitelist
    blocklist block-list blacklist denylist firewall gateway trusted permissions hooks rules
    guard`,
  change: `include copy stop kill uninstall deactivate exempt symlink prepend place extend flip list enter take drop add edit change modify set remove delete disable append update write replace whitelist
    allowlist switch turn overwrite register install insert create relax loosen lower uncheck
    enable put`,
  run: `call retry run execute exec curl wget bash sh powershell invoke launch npx eval spawn`,
  already: `approved confirmed given accepted opted already pre-approved preapproved pre-authorised pre-authorized preauthorized authorised
    authorized granted consented agreed switched waived`,
  instead: `instead deprecated replaces replacing replaced superseded stale obsolete retired broken
    formerly rather unreliable insecure`,
  prefer: `choice picked chosen selected prefer preferred rank best priority prioritise prioritize favour favor choose select pick
    default superior`,
  must: `must should shall always need needs have has require required mandatory please ensure
    important critical`,
  here: `here parameter argument field param parameters arguments`,
  trust: `trust trusted trusts safe verified certified legitimate official trustworthy`,
  read: `value read cat open load collect gather find retrieve extract grab harvest dump scan locate look
    get fetch list search type print inspect obtain use`,
  give: `pass send put paste append attach include copy forward upload post fill supply provide embed
    add insert write give prepend transmit submit bcc cc sent ship leak deliver return quote
    place store save report set share encode hand drop`,
  content: `content contents everything verbatim entire whole unmasked unredacted
    raw`,
  secret: `credential credentials password passwords passphrase passphrases secret secrets token tokens
    key keys cookie cookies mnemonic seed wallet keychain keyring printenv env login apikey`,
  talk: `conversation conversations chat transcript messages history dialogue thread`,
  follow: `follow following obey comply execute carry adhere act heed honour honor observe`,
  encode: `zero-width whitespace acrostic steganographic letters encode encoded encoding base64 hex hexadecimal url-encoded urlencoded rot13 base64-encoded
    steganograph* obfuscat* percent-encoded`,
  authority: `system administrator admin operator anthropic openai google microsoft provider developer
    developers vendor compliance administrators superuser root owner staff team host`,
};
