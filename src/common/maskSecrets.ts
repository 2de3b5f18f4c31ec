/** Whether a value holds a secret, by the key that it stands under and by what it is. */
export type SecretTest = (key: string, value: unknown) => boolean;

// As they stand in names without case, blanks and signs: `X-Api-Key`, `clientSecret`, `DB_PASSWORD`.
const secretName =
  /passw(?:or)?d|passphrase|passcode|secret|token(?!s?(?:iz|count|limit|budget))|apikey|accesskey|privatekey|signingkey|encryptionkey|authorization|credential|cookie|bearer|connectionstring|otp$|^pin$|^pwd$|^auth$/;
// A count is none: `max_tokens: 500`.
const numericSecret = /passw(?:or)?d|passcode|otp$|^pin$/;

/** Knows secrets by their keys alone. */
export const isSecretByKey: SecretTest = (key, value) => {
  const name = key.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (typeof value === 'string') return value !== '' && secretName.test(name);
  return typeof value === 'number' && numericSecret.test(name);
};

export interface Masked {
  readonly value: unknown;
  /** How many values are masked. */
  readonly count: number;
}

/**
 * A copy of a JSON value in which each secret is hidden, for a person who may be
 * looked over the shoulder or shares the screen. What stands below a key of a secret is one too.
 */
export function maskSecrets(value: unknown, isSecret: SecretTest = isSecretByKey): Masked {
  let count = 0;
  const mask = (item: unknown, keys: readonly string[]): unknown => {
    if (Array.isArray(item)) return item.map((element) => mask(element, keys));
    if (typeof item === 'object' && item !== null) {
      const members = Object.entries(item).map(([key, member]): [string, unknown] => [
        key,
        mask(member, [...keys, key]),
      ]);
      return Object.fromEntries(members);
    }
    if (!keys.some((key) => isSecret(key, item))) return item;
    count++;
    return `•••••• (hidden)`;
  };
  return { value: mask(value, []), count };
}
