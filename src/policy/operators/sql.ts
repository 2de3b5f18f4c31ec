import { lexSql, type SqlToken } from './sqlLexer';
import { furtherKinds, is, isTransactionWord, type Statement, wordAt, words } from './sqlWords';
import type { Truth } from './truth';

/** The kinds of statements that a policy can name. A statement of any other kind never holds. */
export const sqlKinds = [
  'select',
  'insert',
  'update',
  'delete',
  'merge',
  'replace',
  'create',
  'alter',
  'drop',
  'truncate',
  'grant',
  'revoke',
  'show',
  'describe',
  'begin',
  'commit',
  'rollback',
] as const;

type Kind = (typeof sqlKinds)[number];

/**
 * Whether every statement in the string is of one of the kinds. True and false hold for every
 * reader among PostgreSQL, MySQL, MariaDB, SQLite, SQL Server, Oracle, BigQuery, Snowflake and
 * DuckDB; where they could differ, `undefined`.
 *
 * A strict lexer judges, not a parser: which database reads the string is not known, and a parser
 * answers for the one grammar that it was written for. Those for JavaScript take a third of the
 * hostile strings in the tests for a plain SELECT (comments that MySQL runs, strings that end
 * elsewhere), and reject a quarter of the honest ones.
 */
export function isSqlOf(text: string, kinds: readonly string[]): Truth {
  const tokens = lexSql(text);
  if (tokens === undefined) return undefined;
  const statements = split(tokens);
  if (statements === undefined) return undefined;
  if (statements.length === 0) return false;
  return together(statements.map((statement) => isStatementOf(statement, kinds)));
}

/**
 * Of several statements some may be of the kinds and some not. Then "every statement is" fails, but
 * who denies DROP must not be told that "SELECT 1; DROP TABLE x" is none: that is `undefined`.
 */
function together(truths: readonly Truth[]): Truth {
  if (truths.includes(undefined)) return undefined;
  if (truths.every((truth) => truth)) return true;
  return truths.includes(true) ? undefined : false;
}

function isStatementOf(tokens: Statement, kinds: readonly string[]): Truth {
  const opening = mainWord(tokens);
  if (opening === undefined) return undefined;
  if (opening.kind === 'other') return false;
  const further = furtherKinds(tokens, opening.at, opening.kind);
  if (further === undefined) return undefined;
  return together([opening.kind, ...further].map((kind) => kinds.includes(kind)));
}

/** `undefined`: parentheses do not match, so that a semicolon may not be where it seems. */
function split(tokens: Statement): readonly Statement[] | undefined {
  const statements: Statement[] = [];
  let current: SqlToken[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (is(token, '(')) depth++;
    if (is(token, ')') && --depth < 0) return undefined;
    if (!is(token, ';')) current.push(token);
    else if (depth > 0) return undefined;
    else {
      if (current.length > 0) statements.push(current);
      current = [];
    }
  }
  if (depth > 0) return undefined;
  if (current.length > 0) statements.push(current);
  return statements;
}

// These run nothing that is written elsewhere or in a string, unlike CALL, EXECUTE or DO.
const otherVerbs = words(
  'attach checkpoint cluster detach discard kill listen lock notify pragma reindex release savepoint unlock use vacuum',
);
const explainWords = words(
  'analyze analyse verbose extended partitions query plan format json tree traditional text xml yaml costs buffers settings timing summary wal memory',
);
const statementVerbs: ReadonlySet<string> = new Set([
  ...sqlKinds,
  'with',
  'values',
  'table',
  'from',
  'call',
  'exec',
  'execute',
]);

interface Opening {
  readonly kind: Kind | 'other';
  readonly at: number;
}

function mainWord(tokens: Statement): Opening | undefined {
  const first = wordAt(tokens, 0);
  if (first === 'explain' || first === 'describe' || first === 'desc') return explained(tokens);
  if (first === 'begin' || first === 'start' || first === 'commit' || first === 'rollback') {
    // Anything more is a block of statements: BEGIN DROP TABLE x; END.
    if (!tokens.slice(1).every(isTransactionWord)) return undefined;
    if (first !== 'start') return { kind: first, at: 0 };
    return wordAt(tokens, 1) === 'transaction' ? { kind: 'begin', at: 0 } : undefined;
  }
  if (first !== undefined && otherVerbs.has(first)) return { kind: 'other', at: 0 };
  return plainMainWord(tokens, 0);
}

function plainMainWord(tokens: Statement, from: number): Opening | undefined {
  let at = from;
  while (is(tokens[at], '(')) at++;
  const inside = at > from;
  if (wordAt(tokens, at) === 'with') {
    const main = afterWith(tokens, at + 1);
    if (main === undefined) return undefined;
    at = main;
  }
  const word = wordAt(tokens, at);
  const kind = sqlKinds.find((known) => known === word);
  if (kind === undefined || (inside && kind !== 'select')) return undefined;
  return { kind, at };
}

// The statement itself comes after a closing parenthesis of its CTEs, at their depth.
function afterWith(tokens: Statement, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    if (is(tokens[at], '(')) depth++;
    else if (is(tokens[at], ')')) depth--;
    else if (depth === 0 && is(tokens[at - 1], ')') && statementVerbs.has(wordAt(tokens, at) ?? ''))
      return at;
  }
  return undefined;
}

// EXPLAIN counts by the statement after it, with or without ANALYZE: ANALYZE runs it, and so may
// SQL Server, for which EXPLAIN is the name of a procedure that a statement follows.
function explained(tokens: Statement): Opening | undefined {
  let at = 1;
  if (is(tokens[1], '(') && explainWords.has(wordAt(tokens, 2) ?? '')) {
    while (at < tokens.length && !is(tokens[at], ')')) at++;
    at++;
  }
  while (explainWords.has(wordAt(tokens, at) ?? '') || is(tokens[at], '=')) at++;
  if (is(tokens[at], '(') || statementVerbs.has(wordAt(tokens, at) ?? '')) {
    return plainMainWord(tokens, at);
  }
  return isDescription(tokens.slice(1)) ? { kind: 'describe', at: 0 } : undefined;
}

// A name, perhaps with the sort of thing before it and a column after it. Oracle's EXPLAIN PLAN FOR
// writes a table.
function isDescription(named: Statement): boolean {
  const parts = named.filter((token) => !is(token, '.'));
  return (
    parts.length > 0 &&
    parts.length <= 5 &&
    parts.every(({ kind }) => kind === 'word' || kind === 'name' || kind === 'string') &&
    !named.some((_, at) => ['plan', 'for', 'set'].includes(wordAt(named, at) ?? ''))
  );
}
