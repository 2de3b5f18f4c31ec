/** The words of a filter, or none. */
export function filterWords(filter: string): readonly string[] {
  return filter.toLowerCase().split(/\s+/).filter(Boolean);
}

/** Whether each word stands in one of the texts. */
export function passesFilter(words: readonly string[], texts: readonly string[]): boolean {
  const lower = texts.map((text) => text.toLowerCase());
  return words.every((word) => lower.some((text) => text.includes(word)));
}
