import { describe, expect, it } from 'vitest';
import { isSecretByKey, maskSecrets } from '../../../src/common/maskSecrets';

describe('secrets', () => {
  it.each([
    'password',
    'DB_PASSWORD',
    'api_key',
    'X-Api-Key',
    'accessToken',
    'Authorization',
    'client secret',
    'Set-Cookie',
    'privateKey',
    'passwd',
  ])('are known by the key %s', (key) => {
    expect(maskSecrets({ [key]: 'hunter2' })).toEqual({
      value: { [key]: '•••••• (hidden)' },
      count: 1,
    });
  });

  it.each([
    ['path', 'secret.txt'],
    ['max_tokens', 500],
    ['tokenizer', 'gpt'],
    ['token_count', 'many'],
    ['key', 'a'],
    ['author', 'Eva'],
    ['password', ''],
    ['password', true],
    ['spin', 'left'],
  ])('are not seen in %s: %j', (key, value) => {
    expect(isSecretByKey(key, value)).toBe(false);
  });

  it('are masked at any depth, below their key too, and nothing else is changed', () => {
    const value = {
      headers: [{ authorization: 'Bearer x' }],
      credentials: { user: 'eva', list: ['a', 'b'] },
      pin: 1234,
      text: 'a',
      nothing: null,
    };
    const before = structuredClone(value);
    expect(maskSecrets(value)).toEqual({
      value: {
        headers: [{ authorization: '•••••• (hidden)' }],
        credentials: {
          user: '•••••• (hidden)',
          list: ['•••••• (hidden)', '•••••• (hidden)'],
        },
        pin: '•••••• (hidden)',
        text: 'a',
        nothing: null,
      },
      count: 5,
    });
    expect(value).toEqual(before);
  });

  it('keep the keys that JavaScript treats specially', () => {
    const value = JSON.parse('{"__proto__": {"token": "abc"}, "a": 1}');
    expect(JSON.stringify(maskSecrets(value).value)).toBe(
      '{"__proto__":{"token":"•••••• (hidden)"},"a":1}',
    );
  });
});
