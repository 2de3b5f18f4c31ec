import { secretsIn } from '../../policy/secrets';

// As they stand in names without case, blanks and signs: `X-Api-Key`, `clientSecret`, `DB_PASSWORD`.
const secretName =
  /passw(?:or)?d|passphrase|passcode|secret|token(?!s?(?:iz|count|limit|budget))|apikey|accesskey|privatekey|signingkey|encryptionkey|authorization|credential|cookie|bearer|connectionstring|otp$|^pin$|^pwd$|^auth$/;
// A count is none: `max_tokens: 500`.
const numericSecret = /passw(?:or)?d|passcode|otp$|^pin$/;

function isSecretByKey(key: string, value: unknown): boolean {
  const name = key.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (typeof value === 'string') return value !== '' && secretName.test(name);
  return typeof value === 'number' && numericSecret.test(name);
}

// Looking through a longer text would hold the editor up.
const longestSearched = 64 * 1024;

function found(value: unknown): ReturnType<typeof secretsIn> {
  return typeof value === 'string' && value.length <= longestSearched ? secretsIn(value) : [];
}

const hidden = '•••••• (hidden)';

/** Whether an argument is, or holds, a secret: by a key of its own, or by its shape. */
export function isSecret(key: string, value: unknown): boolean {
  return maskSecrets({ [key]: value }).count > 0;
}

export interface Masked {
  readonly value: unknown;
  /** How many values are masked. */
  readonly count: number;
}

/**
 * A copy of a JSON value in which each secret is hidden, for a person who may be
 * looked over the shoulder or shares the screen. What stands below a key of a secret is one too.
 */
export function maskSecrets(value: unknown): Masked {
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
    if (keys.some((key) => isSecretByKey(key, item))) {
      count++;
      return hidden;
    }
    const secrets = found(item);
    count += secrets.length;
    // From the end, so that the places of those before stay.
    return secrets.reduceRight<unknown>((text, { offset, length }) => {
      const whole = text as string;
      return whole.slice(0, offset) + hidden + whole.slice(offset + length);
    }, item);
  };
  return { value: mask(value, []), count };
}
