/** Where secrets lie: files, stores and commands that print them. */
const place =
  /(?<![\w.])\.(?:ssh|aws|gnupg|kube|docker|azure|netrc|pgpass|npmrc|pypirc|git-credentials|gitconfig|env|envrc|bash_history|zsh_history|histfile|vault-token|my\.cnf|htpasswd|mozilla|electrum|bitcoin)\b|\.config[\\/](?:gcloud|gh|op|rclone)\b|\bid_(?:rsa|dsa|ecdsa|ed25519)\b|[\\/]etc[\\/](?:passwd|shadow|sudoers|ssh)\b|[\\/]proc[\\/](?:self|\d+)[\\/]environ|\b(?:printenv|keychain|keyring|keystore|wallet\.dat|authorized_keys|known_hosts|claude_desktop_config|terraform\.tfstate)\b|\bmcp\.json\b|\b(?:credentials|secrets?|service[-_]account[\w-]*|auth|token)\.(?:json|ya?ml|toml|csv|txt)\b|\.(?:pem|p12|pfx|kdbx|ppk|jks)\b|`env\b|\benv \||\bprocess\.env\b|\bos\.environ\b|\$\{?(?:AWS|GITHUB|OPENAI|ANTHROPIC)_\w+|\b(?:ssh|private|signing|api) keys?\b|\bseed phrases?\b|\bbrowser(?:'s)? (?:profile|cookies?|session|passwords?)|\b(?:session|auth\w*) cookies?\b|\benvironment variables\b|\bpassword manager\b|\bshell history\b/i;
const variable = /\b(?:[A-Z][A-Z0-9]*_)+(?:TOKEN|SECRET|PASSWORD|PASSWD|KEY|PAT|CREDENTIALS)\b/;
const environment =
  /环境变量|環境変数|환경 ?변수|umgebungsvariablen|variables d['’]environnement|variables de entorno|variabili d['’]ambiente|переменн\p{L}+ окружен|ortam değişken|zmienn\p{L}+ środowisk/iu;

/** Whether a text names where secrets lie. */
export function namesSecretPlace(text: string): boolean {
  return (
    place.test(text) ||
    variable.test(text) ||
    (/[^\x00-\x7F]|ambient|entorno|umgebung|environnement/i.test(text) && environment.test(text))
  );
}

/** Files by which a person, or a client, says what agents may do and how they behave. */
export const controlFile =
  /\bmcp(?:_config|\.guarded)?\.json\b|\bsettings(?:\.local)?\.json\b|\b(?:claude|agents|gemini|copilot-instructions|skill)\.md\b|\.(?:cursorrules|windsurfrules|clinerules|roorules|goosehints)\b|\.(?:cursor|claude|vscode|roo|windsurf|codex|gemini)[\\/]|\bpolic(?:y|ies)\.(?:ya?ml|json|toml)\b|\b\.(?:bashrc|zshrc|profile|bash_profile)\b|(?:^|[\s"'`~/])\.(?:bashrc|zshrc|profile|bash_profile|zprofile)\b|\bcrontab\b|\bauthorized_keys\b|[\\/]etc[\\/](?:hosts|sudoers)|\bauto-?approv\w*|\balways[-_]?allow\b|\bgit hooks?\b/i;

export const address =
  /\b(?:https?|wss?|ftp):\/\/[^\s"'`)>\]]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\bmailto:\S+|\bdata:text\/\S+/i;

/** A link or picture in which something is left to be filled in. */
export const openLink =
  /\/\/[^\s"'`)>\]]*[?&][\w.-]+=(?=[\s"'`)]|$)|(?:https?:)?\/\/[^\s"'`)>\]]*[?&#/][\w.-]*=?(?:[A-Z][A-Z_]{3,}|\{[^}\s]{1,60}\}|<[^>\s]{1,60}>|\$\{?\w+|%s|\[[^\]\s]{1,40}\])/;
