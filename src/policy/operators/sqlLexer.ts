/** Words and names are lower-cased; a name was quoted, by whatever quotes. */
export interface SqlToken {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'variable' | 'symbol';
  readonly text: string;
  /** Nothing stands between this token and the one before. */
  readonly adjacent: boolean;
}

// NUL ends the text for readers written in C; other control characters are white space for some
// and part of a name for others. Lone surrogates do not survive the way to the server.
const controls = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]|\p{Cs}/u;
// Letters that Windows code pages turn into a quote ("best fit") on the way to a narrow column.
const almostQuotes = /[\u02b9\u02ba\u02bc\u02c8\u2032\u2033\uff02\uff07]/;
// In GBK and Shift-JIS connections, a letter may swallow the backslash after it.
const swallowed = /[^\0-\x7f]\\/;

// Command-line clients act on whole lines, some of them inside strings and comments too: batch
// separators, shell escapes, includes (sqlcmd, psql, SQL*Plus, the shells of SQLite and DuckDB).
const clientLine = /^[ \t]*(?:go[ \t]*(?:[\d;/-].*)?$|\/[ \t]*;?[ \t]*$|[\\!@.:]|delimiter\b)/i;
// SQL*Plus gives a statement up at an empty line and takes the next line as a command of its own.
const clientWord =
  /^[ \t]*(?:accept|acc|analyze|archive|associate|audit|call|comment|connect|conn|copy|define|del|edit|ed|execute|exec|exit|explain[ \t]+plan|flashback|get|host|ho|input|lock|noaudit|password|passw|purge|quit|recover|rename|run|r|save|sav|set|shutdown|spool|spo|startup|start|sta|store|variable|var|whenever)(?=[ \t;]|$)/i;

const space = /[ \t\r\n]+/y;
const lineComment = /--(?=[ \t\r\n]|$)[^\n]*/y;
const word = /[\p{L}_][\p{L}\p{M}\p{Nd}_$]*/uy;
// `1DROP`, `1.e`, `0x`: one word for MySQL, a number and a statement for SQL Server.
const number =
  /(?:0[xX][\da-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\p{L}\p{Nd}_$.])/uy;
// Snowflake reads a path after an `@`, whatever characters it has.
const variable =
  /@@?[\p{L}_][\p{L}\p{Nd}_]*(?=[\s,;)=<>+*]|$)|@(?=[@>\s])|\$\d+(?![\p{L}\p{Nd}_$])/uy;
// SQLite takes what follows in parentheses, quotes and all, for a part of the parameter's name.
const tclParameter = /(?:^|[^:])[:@$#][^\s:@#](?:[^\s:@#]|::)*$/;
// PostgreSQL reads a backtick as an operator, so nothing in there may end or hide anything.
const backticked = /`((?:[\p{L}\p{Nd}_ .:@]|-(?!-))*[\w ])`(?!`)/uy;
// A name for SQL Server and SQLite, an array for others: must end at the same place for both.
const bracketed = /\[((?:[\p{L}\p{Nd}_ .,:@+']|-(?!-))*)\](?!\])/uy;
const symbol = /[-+*/%=<>!~^&|,():;?]|\.(?!\d)/y;
// Snowflake's `//` comment and BigQuery's `|>` pipe, assignments, the end of a comment never begun.
const unclearPair = /\/\/|\|>|:=|\*\//y;
const prefixes: readonly string[] = ['n', 'e', 'x', 'b', 'r', 'rb', 'br', '_utf8', '_utf8mb4'];

/**
 * The tokens of the text, if PostgreSQL, MySQL, MariaDB, SQLite, SQL Server, Oracle, BigQuery,
 * Snowflake and DuckDB, whatever their settings, agree on where each string, name and comment ends.
 * Otherwise `undefined`: what is a string to one is a second statement to another.
 */
export function lexSql(text: string): readonly SqlToken[] | undefined {
  if (controls.test(text) || almostQuotes.test(text) || swallowed.test(text)) return undefined;
  if (hasClientCommand(text)) return undefined;
  const tokens: SqlToken[] = [];
  let at = 0;
  let adjacent = false;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const gap = take(space)?.[0].length ?? commentLength(text, at, take);
    if (gap === undefined) return undefined;
    if (gap > 0) {
      at += gap;
      adjacent = false;
      continue;
    }
    const read = readToken(text, at, take, adjacent ? tokens.at(-1) : undefined);
    if (read === undefined) return undefined;
    tokens.push({ kind: read.kind, text: read.text, adjacent });
    at += read.length;
    adjacent = true;
  }
  return tokens;
}

interface Read {
  readonly kind: SqlToken['kind'];
  readonly text: string;
  readonly length: number;
}

type Take = (pattern: RegExp) => RegExpExecArray | null;

function readToken(
  text: string,
  at: number,
  take: Take,
  before: SqlToken | undefined,
): Read | undefined {
  const char = text[at];
  if (char === "'" || char === '"') {
    // q'[…]' has quotes of its own; U&"…" spells names by number.
    if (before?.kind === 'word' && !(char === "'" && prefixes.includes(before.text))) {
      return undefined;
    }
    if (before?.text === '&' || before?.text === '@') return undefined;
    const length = quotedLength(text, at, char);
    if (length === undefined) return undefined;
    const content = text.slice(at + 1, at + length - 1);
    if (char === "'") return { kind: 'string', text: content, length };
    return { kind: 'name', text: content.replaceAll('""', '"').toLowerCase(), length };
  }
  if (char === '(' && isTclParameter(text, at)) return undefined;
  if (take(unclearPair) !== null) return undefined;
  let match = take(symbol);
  if (match !== null) return { kind: 'symbol', text: match[0], length: 1 };
  match = take(word);
  if (match !== null) {
    return isPlainWord(match[0])
      ? { kind: 'word', text: match[0].toLowerCase(), length: match[0].length }
      : undefined;
  }
  match = take(number);
  if (match !== null) return { kind: 'number', text: match[0], length: match[0].length };
  match = take(variable);
  if (match !== null) {
    const kind = match[0] === '@' ? 'symbol' : 'variable';
    return { kind, text: match[0], length: match[0].length };
  }
  match = take(backticked) ?? take(bracketed);
  const content = match?.[1];
  if (match === null || content === undefined) return undefined;
  // An odd quote would open a string for those who see an array, as q'…' would for Oracle.
  if (content.split("'").length % 2 === 0 || /q'/i.test(content)) return undefined;
  return { kind: 'name', text: content.toLowerCase(), length: match[0].length };
}

function isTclParameter(text: string, end: number): boolean {
  let start = end;
  while (start > 0 && /[\p{L}\p{M}\p{N}_$:@#]/u.test(text[start - 1] ?? '')) start--;
  return start < end && tclParameter.test(text.slice(start, end));
}

/** How many characters of comment begin here; `undefined` when readers disagree. */
function commentLength(text: string, at: number, take: Take): number | undefined {
  if (text.startsWith('--', at)) {
    // Without a space, `--` is two minus signs for MySQL. Only some end it at a lone CR.
    const comment = take(lineComment)?.[0];
    return comment === undefined || /\r(?!$)/.test(comment) ? undefined : comment.length;
  }
  if (!text.startsWith('/*', at)) return 0;
  const end = text.indexOf('*/', at + 2);
  if (end === -1) return undefined;
  const content = text.slice(at + 2, end);
  // MySQL, MariaDB and TiDB run `/*!…*/`, `/*M!…*/`, `/*T!…*/`; hints (`/*+…*/`) can set variables;
  // comments nest for PostgreSQL and SQL Server only.
  if (/^[A-Za-z\d]{0,8}[!+]/.test(content) || content.includes('/*')) return undefined;
  // `/*/` ends at once for those who look for the end too early.
  if (content.startsWith('/') || content.endsWith('/')) return undefined;
  return end + 2 - at;
}

/** Up to and with the closing quote; doubled quotes stand for themselves. */
function quotedLength(text: string, start: number, quote: string): number | undefined {
  if (isTripleQuote(text, start, quote)) return undefined;
  let from = start + 1;
  for (;;) {
    const at = text.indexOf(quote, from);
    if (at === -1) return undefined;
    let slash = at;
    while (slash > from && text[slash - 1] === '\\') slash--;
    // A backslash before the quote escapes it for MySQL, BigQuery and Snowflake, not for others.
    if ((at - slash) % 2 === 1) return undefined;
    let end = at;
    while (text[end] === quote) end++;
    // BigQuery does not know doubled quotes: it sees the string end and another begin.
    if (isTripleQuote(text, at + 1, quote)) return undefined;
    if ((end - at) % 2 === 1) return end - start;
    from = end;
  }
}

// For BigQuery, three quotes begin a string that only three quotes end. Without those it is an
// error there, and harmless.
function isTripleQuote(text: string, at: number, quote: string): boolean {
  const triple = quote.repeat(3);
  return text.startsWith(triple, at) && text.includes(triple, at + 3);
}

// `ſelect`, `ＤＲＯＰ`, `ınsert`: a keyword to readers that fold case or width. A `$` may begin a
// dollar quote where it does not belong to the word.
function isPlainWord(text: string): boolean {
  return (
    text.normalize('NFKC') === text &&
    !/[\u0130\u0131]/.test(text) &&
    text.indexOf('$') === text.lastIndexOf('$')
  );
}

function hasClientCommand(text: string): boolean {
  let afterBlank = false;
  for (const line of text.split(/\r\n?|\n/)) {
    if (clientLine.test(line) || (afterBlank && clientWord.test(line))) return true;
    afterBlank = line.trim() === '';
  }
  return false;
}
