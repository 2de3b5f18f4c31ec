/** Whether some name fits both patterns. */
export function overlap(a: string, b: string): boolean {
  const [first, second] = [[...a], [...b]];
  // Which beginnings of `second` leave both with something they can share, for one end of `first`.
  let next: boolean[] = second.map((_, at) => second.slice(at).every((token) => token === '*'));
  next.push(true);
  for (let i = first.length - 1; i >= 0; i--) {
    const row: boolean[] = new Array(second.length + 1);
    for (let j = second.length; j >= 0; j--) {
      const [x, y] = [first[i]!, second[j]];
      if (x === '*') row[j] = next[j]! || (y !== undefined && row[j + 1]!);
      else if (y === '*') row[j] = row[j + 1]! || next[j]!;
      else row[j] = y !== undefined && (x === y || x === '?' || y === '?') && next[j + 1]!;
    }
    next = row;
  }
  return next[0]!;
}

/** Whether every name that fits `inner` fits `outer`. May say no where it cannot tell. */
export function covers(outer: string, inner: string): boolean {
  const [wide, narrow] = [[...outer], [...inner]];
  let next: boolean[] = narrow.map(() => false);
  next.push(true);
  for (let i = wide.length - 1; i >= 0; i--) {
    const row: boolean[] = new Array(narrow.length + 1);
    for (let j = narrow.length; j >= 0; j--) {
      const [x, y] = [wide[i]!, narrow[j]];
      if (x === '*') row[j] = next[j]! || (y !== undefined && row[j + 1]!);
      else row[j] = y !== undefined && y !== '*' && (x === y || x === '?') && next[j + 1]!;
    }
    next = row;
  }
  return next[0]!;
}

/** The pattern as a regular expression for the operator `matches`. */
export function expressionOf(pattern: string): string {
  const parts = pattern.split(/([*?])/).map((part) => {
    if (part === '*') return '.*';
    return part === '?' ? '.' : part.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  });
  return `(?s)${parts.join('')}`;
}
