import type { SqlToken } from './sqlLexer';

export type Statement = readonly SqlToken[];

export function is(token: SqlToken | undefined, symbol: string): boolean {
  return token?.kind === 'symbol' && token.text === symbol;
}

/** The unquoted word there, if it is one. */
export function wordAt(tokens: Statement, at: number): string | undefined {
  const token = tokens[at];
  return token?.kind === 'word' ? token.text : undefined;
}

export function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}

// SQL Server begins a new statement wherever one of these words stands: `SELECT 1 DROP TABLE x`.
// PostgreSQL takes INSERT, UPDATE, DELETE and MERGE inside WITH, and INTO writes for all of them.
const statementWords = words(`
  add alter backup begin break bulk checkpoint close commit continue conversation create dbcc deallocate
  declare delete deny drop dump dumpfile exec execute fetch goto grant insert into kill load merge
  open outfile print raiserror readtext receive reconfigure rename restore return revert revoke rollback
  save send set setuser shutdown throw trigger truncate uescape update updatetext use waitfor while
  writetext`);
// Some of them are often columns. Where an expression or a name is due, no statement can begin.
const columnWords = words(`
  backup break bulk close continue conversation dump kill load open print receive rename restore return
  save send throw trigger use`);
const beforeExpression = words('select distinct where and by on as having');
const modifying = words('insert update delete merge');
// CREATE and ALTER of these hold no statements of their own, unlike procedures, triggers or events.
const plainObjects = words('table view index database schema sequence user role');
const objectAdjectives = words(`
  bitmap clustered exists force fulltext global if local materialized nonclustered not or private
  recursive replace temp temporary transient unique unlogged virtual`);
const transactionWords = words(`
  and chain committed deferred exclusive immediate isolation level no only read release repeatable
  serializable tran transaction uncommitted work write`);

export function isTransactionWord(token: SqlToken): boolean {
  return token.kind === 'word' && transactionWords.has(token.text);
}

/**
 * The kinds that the words of the statement add to that of its main verb (at `main`); `undefined`
 * when a word may begin a statement, write a file or table, lock, or run what cannot be seen.
 */
export function furtherKinds(
  tokens: Statement,
  main: number,
  kind: string,
): readonly string[] | undefined {
  if ((kind === 'create' || kind === 'alter') && !isPlainObject(tokens, main + 1)) return undefined;
  const openers: (string | undefined)[] = [];
  const further: string[] = [];
  let updates = kind === 'update' ? 1 : 0;
  let selects = kind === 'insert' || kind === 'replace' || kind === 'create' ? 1 : 0;
  for (const [at, token] of tokens.entries()) {
    if (is(token, '(')) openers.push(wordAt(tokens, at - 1));
    if (is(token, ')')) openers.pop();
    if (isRisky(tokens, at) || readsFile(tokens, at, openers.at(-1)) || isFlow(tokens, at)) {
      return undefined;
    }
    const word = wordAt(tokens, at);
    // A word right after a dot is a name.
    if (word === undefined || at === main || isMember(tokens, at)) continue;
    if (word === 'values' && openers.length === 0) selects = 0;
    if (word === 'select' && kind !== 'select' && startsQuery(tokens, at)) {
      const listed = (kind === 'grant' || kind === 'revoke') && isPrivilege(tokens, at);
      if (!listed && selects-- < 1) further.push('select');
    }
    if (word === 'set' && updates > 0) {
      updates--;
      continue;
    }
    if (isSideEffect(tokens, at)) return undefined;
    if (!statementWords.has(word)) continue;
    if (isPartOf(kind, main, tokens, at)) {
      if (kind === 'merge' && word === 'update') updates++;
      continue;
    }
    const added = addedKind(kind, tokens, at);
    if (added === undefined) return undefined;
    if (added === 'update') updates++;
    further.push(added);
  }
  return further;
}

function isPlainObject(tokens: Statement, from: number): boolean {
  let at = from;
  while (objectAdjectives.has(wordAt(tokens, at) ?? '')) at++;
  return plainObjects.has(wordAt(tokens, at) ?? '');
}

// A query of its own: not a subquery, nor the next part of a UNION.
function startsQuery(tokens: Statement, at: number): boolean {
  const before = wordAt(tokens, at - 1) ?? '';
  return (
    !is(tokens[at - 1], '(') &&
    !['union', 'all', 'distinct', 'except', 'intersect', 'minus'].includes(before)
  );
}

function isMember(tokens: Statement, at: number): boolean {
  const owner = tokens[at - 2];
  return (
    is(tokens[at - 1], '.') &&
    tokens[at]?.adjacent === true &&
    (owner?.kind === 'word' || owner?.kind === 'name')
  );
}

/** The statement word belongs to the clause that it stands in. */
function isPartOf(kind: string, main: number, tokens: Statement, at: number): boolean {
  const word = wordAt(tokens, at) ?? '';
  const before = wordAt(tokens, at - 1) ?? '';
  const after = wordAt(tokens, at + 1) ?? '';
  if (columnWords.has(word) && isExpressionDue(tokens, at)) return true;
  switch (word) {
    case 'into':
      return (
        before === 'insert' ||
        before === 'merge' ||
        (before === 'replace' && (at - 1 === main || wordAt(tokens, at - 2) === 'or')) ||
        (before === 'ignore' && ['insert', 'or'].includes(wordAt(tokens, at - 2) ?? ''))
      );
    case 'truncate':
      return is(tokens[at + 1], '(');
    case 'use':
      return after === 'index' || after === 'key';
    case 'fetch':
      return (
        (after === 'first' || after === 'next') &&
        (tokens[at + 2]?.kind === 'number' || /^rows?$/.test(wordAt(tokens, at + 2) ?? ''))
      );
  }
  switch (kind) {
    case 'merge':
      return before === 'then' && modifying.has(word);
    case 'grant':
    case 'revoke':
      return isPrivilege(tokens, at) || (word === 'grant' && before === 'with');
    case 'drop':
      return word === 'trigger' && before === 'drop';
    case 'alter':
      if (word === 'add') return !['signature', 'counter', 'sensitivity'].includes(after);
      if (word === 'set') return ['not', 'default', 'data', 'null'].includes(after);
      if (word === 'drop' || word === 'alter') {
        return ['column', 'constraint', 'primary', 'foreign', 'partition', 'not'].includes(after);
      }
      return isAction(word, before, after);
    case 'create':
      return isAction(word, before, after);
    case 'show':
      // CREATE of other things would be complete to SQL Server, which takes SHOW for a procedure.
      return word === 'create' && before === 'show' && (after === 'table' || after === 'view');
    default:
      return false;
  }
}

function isPrivilege(tokens: Statement, at: number): boolean {
  return at === 1 || is(tokens[at - 1], ',');
}

// ON DELETE CASCADE, ON UPDATE SET NULL.
function isAction(word: string, before: string, after: string): boolean {
  if (word === 'set') return modifying.has(before) && (after === 'null' || after === 'default');
  return before === 'on' && (word === 'delete' || word === 'update');
}

function isExpressionDue(tokens: Statement, at: number): boolean {
  const before = tokens[at - 1];
  if (before?.kind === 'word') return beforeExpression.has(before.text);
  return before?.kind === 'symbol' && ',(=<>'.includes(before.text);
}

/** A modifying CTE, or what an INSERT does to rows that are there already. */
function addedKind(kind: string, tokens: Statement, at: number): string | undefined {
  const word = wordAt(tokens, at) ?? '';
  const before = wordAt(tokens, at - 1);
  const secondBefore = wordAt(tokens, at - 2) ?? '';
  if (modifying.has(word) && is(tokens[at - 1], '(') && wordAt(tokens, 0) === 'with') {
    return ['as', 'materialized'].includes(secondBefore) ? word : undefined;
  }
  const onConflict = before === 'do' || (before === 'key' && secondBefore === 'duplicate');
  return kind === 'insert' && word === 'update' && onConflict ? 'update' : undefined;
}

// FOR SHARE and its like hold locks; NEXT VALUE FOR moves a sequence; UPDATE STATISTICS has no SET,
// so that a statement may follow.
function isSideEffect(tokens: Statement, at: number): boolean {
  const after = wordAt(tokens, at + 1) ?? '';
  switch (wordAt(tokens, at)) {
    case 'for':
      return ['share', 'no', 'key', 'update'].includes(after);
    case 'lock':
      return after === 'in';
    case 'statistics':
      return wordAt(tokens, at - 1) === 'update' && after !== 'set';
    case 'next':
      return after === 'value';
    default:
      return false;
  }
}

// DuckDB reads a file or URL that stands for a table.
function readsFile(tokens: Statement, at: number, opener: string | undefined): boolean {
  if (tokens[at]?.kind !== 'string') return false;
  const before = wordAt(tokens, at - 1);
  if (before === 'join') return true;
  if (before !== 'from' || wordAt(tokens, at - 2) === 'distinct') return false;
  return !['extract', 'trim', 'substring', 'overlay'].includes(opener ?? '');
}

// Snowflake chains statements with `->>`, which for others takes a member of a JSON value.
function isFlow(tokens: Statement, at: number): boolean {
  return (
    is(tokens[at], '>') &&
    is(tokens[at - 1], '>') &&
    is(tokens[at - 2], '-') &&
    !['string', 'number', 'variable'].includes(tokens[at + 1]?.kind ?? '')
  );
}

// Functions that write, wait, reach files, programs or other hosts, run SQL from a string, or move a
// sequence. The list cannot be complete: anyone may define a function, and what a SELECT calls is
// for the permissions of the database to bound.
const riskyFunctions = words(`
  benchmark bfilename connectby crosstab cursor_to_xml database_to_xml dburitype edit eval exec
  external_query fn_get_audit_file fn_trace_gettable fn_xe_file_target_read_file fsdir
  fts3_tokenizer get_lock get_presigned_url getenv glob http httpuritype
  json_execute_serialized_sql load_extension load_file master_pos_wait nextval opendatasource
  openquery openrowset query query_table query_to_xml query_to_xml_and_xmlschema
  query_to_xmlschema readfile release_all_locks release_lock schema_to_xml set_config setval shell
  sleep sniff_csv source_pos_wait sys_eval sys_exec table_to_xml ts_stat
  wait_for_executed_gtid_set writefile xdburitype`);
// PostgreSQL's own functions are risky unless they are known only to look something up.
const riskyFamilies =
  /^(?:pg_(?!get_|size_|relation_size|table_size|total_relation_size|indexes_size|database_size|column_size|typeof|backend_pid|postmaster_start_time|encoding_to|has_role|is_in_recovery|[a-z_]*_is_visible)|lo_|dblink|http_|read_|system\$)|_(?:scan|query|execute)$/;
const riskyPackages = /^(?:dbms_|utl_|apex_|owa_|ctx_|xp_|sp_|wpg_)/;

function isRisky(tokens: Statement, at: number): boolean {
  const token = tokens[at];
  if (token?.kind !== 'word' && token?.kind !== 'name') return false;
  const name = token.text;
  const called = is(tokens[at + 1], '(');
  // Oracle's packages and `sequence.nextval` need no parentheses.
  if (riskyPackages.test(name)) return called || is(tokens[at + 1], '.');
  if (name === 'nextval' && is(tokens[at - 1], '.')) return true;
  return called && (riskyFunctions.has(name) || riskyFamilies.test(name));
}
