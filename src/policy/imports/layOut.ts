const longestLine = 100;

/** JSON on one line, with the blanks that people write: `{ "max": 5, "window": 60 }`. */
export function inlineJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inlineJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${inlineJson(item)}`,
  );
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** JSON as people lay it out: what fits a line stays on it, except the outermost levels. */
export function layOut(value: unknown, level = 0, openLevels = 1): string {
  const inline = inlineJson(value);
  const fits = level >= openLevels && inline.length + 2 * level <= longestLine;
  if (fits || typeof value !== 'object' || value === null || inline.length <= 2) return inline;
  const indentation = '  '.repeat(level + 1);
  const lines = Array.isArray(value)
    ? value.map((item) => layOut(item, level + 1, openLevels))
    : Object.entries(value).map(
        ([key, item]) => `${JSON.stringify(key)}: ${layOut(item, level + 1, openLevels)}`,
      );
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const body = lines.map((line) => indentation + line).join(',\n');
  return `${open}\n${body}\n${'  '.repeat(level)}${close}`;
}
