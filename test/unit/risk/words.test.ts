import { describe, expect, it } from 'vitest';
import { firstSentences, nameWords, quotable, sentenceWords } from '../../../src/risk/words';

describe('nameWords', () => {
  it.each([
    ['delete_page', 'delete page'],
    ['delete-page', 'delete page'],
    ['deletePage', 'delete page'],
    ['DeletePageTool', 'delete page'],
    ['pages.delete', 'pages delete'],
    ['getHTTPResponse', 'get http response'],
    ['LIST_ALL', 'list all'],
    ['s3_getObjectV2', 's3 get object'],
    ['tool', 'tool'],
    ['', ''],
  ])('splits %j', (name, words) => {
    expect(
      nameWords(name)
        .map((word) => word.text)
        .join(' '),
    ).toBe(words);
  });

  it('keeps the words as they were written', () => {
    expect(nameWords('DELETE_Page').map((word) => word.raw)).toEqual(['DELETE', 'Page']);
  });
});

describe('firstSentences', () => {
  it('leaves out Markdown, labels and tags', () => {
    expect(firstSentences('## **Purpose:** Reads a note. More.', 1)).toEqual(['Reads a note']);
    expect(firstSentences('[Beta] 🔍 Reads a note\nMore', 2)).toEqual(['Reads a note', 'More']);
  });

  it('ends at Chinese and Japanese full stops', () => {
    expect(firstSentences('删除文件。查询', 1)).toEqual(['删除文件']);
  });
});

describe('sentenceWords', () => {
  it('keeps hyphens and apostrophes inside words', () => {
    const words = sentenceWords("A read-only query doesn't write");
    expect(words.map((word) => word.text)).toEqual(['a', 'read-only', 'query', "doesn't", 'write']);
  });
});

describe('quotable', () => {
  it('stops before what could disturb a sentence', () => {
    expect(quotable('  plain words "quoted"')).toBe('plain words');
    expect(quotable('"\n')).toBeUndefined();
  });

  it('cuts at a space, before 60 characters', () => {
    const quote = quotable('word '.repeat(40)) ?? '';
    expect(quote.length).toBeLessThanOrEqual(60);
    expect(quote.endsWith('word')).toBe(true);
  });
});
