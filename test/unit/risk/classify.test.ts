// Two things can silently go wrong: a tool that changes things is taken for reading, and evidence that the
// definition does not contain.
import { describe, expect, it } from 'vitest';
import { classify } from '../../../src/risk/classify';
import type { Category, Level, ToolDefinition } from '../../../src/risk/risk';

type Row = readonly [name: string, description: string, category: Category, evidence: string];

function properties(shape: Record<string, unknown>): unknown {
  return { type: 'object', properties: shape };
}

describe('the verb of a name is found wherever it stands', () => {
  const rows: readonly Row[] = [
    ['delete_page', '', 'Destructive', `The name's verb "delete" removes data.`],
    ['pages_delete', '', 'Destructive', `The name's verb "delete" removes data.`],
    ['wikiDeletePage', '', 'Destructive', `The name's verb "Delete" removes data.`],
    ['repo.create', '', 'Write', `The name's verb "create" changes data.`],
    ['DROP-TABLE', '', 'Destructive', `The name's verb "DROP" removes data.`],
    ['d1_list_rows2', '', 'Read', `The name's verb "list" reads.`],
    ['scan_start', '', 'Execute', `The name's verb "start" runs something.`],
    ['list_delete', '', 'Destructive', `The name's verb "delete" removes data.`],
    ['find_and_delete', '', 'Destructive', `The name's verb "delete" removes data.`],
    ['get_or_create_tag', '', 'Write', `The name's verb "create" changes data.`],
    ['bulk_archive_notes', '', 'Write', `The name's verb "archive" changes data.`],
    ['long_press_key', '', 'Execute', `The name's verb "press" drives a user interface.`],
  ];
  it.each(rows)('%s', (name, description, category, evidence) => {
    const risk = classify({ name, description }, {});
    expect(risk.category).toBe(category);
    expect(risk.evidence[0]?.text).toBe(evidence);
  });
});

describe('nouns and participles are not taken for verbs', () => {
  const rows: readonly (readonly [name: string, description: string])[] = [
    ['list_deleted_items', 'Lists what is in the recycle bin.'],
    ['get_execution', ''],
    ['list_commands', ''],
    ['search_drop_locations', ''],
    ['get_updates', ''],
    ['get_post', ''],
    ['order_status', ''],
    ['list_refunds', 'List all refunds.'],
    ['check_payment_status', ''],
    ['command_history_query', ''],
    ['audit_log', ''],
    ['preview_email', ''],
    ['view_comment', ''],
    ['check_charge', ''],
    ['is_deletable', ''],
    ['forward_geocode', 'Forward geocode an address.'],
    ['open_nodes', 'Open specific nodes of the graph by their names.'],
    ['list_providers', 'List the providers, split into connected and other ones.'],
  ];
  it.each(rows)('%s reads', (name, description) => {
    expect(classify({ name, description }, {}).category).toBe('Read');
  });
});

describe('the description counts by its first verb and those joined to it', () => {
  const rows: readonly Row[] = [
    ['x1', 'Permanently deletes a note.', 'Destructive', '"Permanently deletes a note"'],
    ['x2', '**Purpose:** Retrieves one invoice.', 'Read', '"Retrieves one invoice"'],
    ['x3', 'Use this tool to fetch a page.', 'Read', '"fetch a page"'],
    ['x4', 'This tool allows you to update a row.', 'Write', '"update a row"'],
    ['x5', 'Gets a label or creates it.', 'Write', '"creates it"'],
    ['x6', 'Manage users: create, update, or delete.', 'Destructive', '"delete"'],
    ['x7', 'Manage teams: list/get.', 'Read', '"list/get"'],
    ['x8', 'Checks a host; it never deletes anything.', 'Read', '"Checks a host"'],
    ['x9', 'Sends a message to a channel.', 'Write', '"Sends a message to a channel"'],
    ['x10', 'Stores a file. This will overwrite it.', 'Write', '"Stores a file"'],
    ['x11', 'Looks things up. It also deletes the queue.', 'Destructive', '"It also deletes"'],
  ];
  it.each(rows)('%s: %s', (name, description, category, evidence) => {
    const risk = classify({ name, description }, {});
    expect(risk.category).toBe(category);
    expect(risk.evidence[0]?.text).toContain(evidence);
  });
});

describe('what moves money is Financial, what only shows it is not', () => {
  const rows: readonly (readonly [name: string, category: Category])[] = [
    ['create_refund', 'Financial'],
    ['pay_invoice', 'Financial'],
    ['transfer_funds', 'Financial'],
    ['place_market_order', 'Financial'],
    ['send_payment', 'Financial'],
    ['finalize_invoice', 'Financial'],
    ['list_payments', 'Read'],
    ['get_refund', 'Read'],
    ['transfer_repository', 'Write'],
    ['create_payment_link', 'Write'],
    ['create_work_order', 'Write'],
    ['delete_payment', 'Destructive'],
  ];
  it.each(rows)('%s is %s', (name, category) => {
    expect(classify({ name }, {}).category).toBe(category);
  });
});

describe('free programs are Execute unless held to reading', () => {
  const sql = properties({ sql: { type: 'string' } });
  const rows: readonly (readonly [ToolDefinition, Category, string])[] = [
    [{ name: 'run_command' }, 'Execute', '"run"'],
    [{ name: 'query', description: 'Run any SQL.', inputSchema: sql }, 'Execute', '"sql"'],
    [
      { name: 'query', description: 'Run a read-only SQL query.', inputSchema: sql },
      'Read',
      '"read-only"',
    ],
    [{ name: 'run_query', description: 'Run a SELECT query.' }, 'Read', '"SELECT query"'],
    [
      { name: 'exec_sql', description: 'Runs SQL. Writes fail when read-only.', inputSchema: sql },
      'Execute',
      '"sql"',
    ],
    [
      { name: 'write_query', description: 'Execute an INSERT or DELETE query.' },
      'Execute',
      '"Execute',
    ],
    [{ name: 'query_metrics', description: 'Query a time series.' }, 'Read', '"query"'],
    [
      { name: 'run_command', description: 'Runs a command. This is read-only.' },
      'Execute',
      '"run"',
    ],
    [{ name: 'delete_row', description: 'This is read-only.' }, 'Destructive', '"delete"'],
  ];
  it.each(rows)('%o is %s', (tool, category, evidence) => {
    const risk = classify(tool, {});
    expect(risk.category).toBe(category);
    expect(risk.evidence.map(({ text }) => text).join(' ')).toContain(evidence);
  });
});

describe('parameters raise what the words leave open', () => {
  it('takes the worst action of an enum', () => {
    const inputSchema = properties({ action: { enum: ['list', 'create', 'delete'] } });
    const risk = classify({ name: 'manage_notes', inputSchema }, {});
    expect(risk.category).toBe('Destructive');
    expect(risk.evidence[0]?.text).toBe('The parameter "action" can be "delete".');
  });

  it('takes actions given as alternatives', () => {
    const inputSchema = properties({
      operation: { anyOf: [{ const: 'get' }, { const: 'purge' }] },
    });
    expect(classify({ name: 'notes', inputSchema }, {}).category).toBe('Destructive');
  });

  it('takes the action of a tool that plainly reads for a filter', () => {
    const inputSchema = properties({ action: { enum: ['create', 'delete'] } });
    expect(classify({ name: 'list_events', inputSchema }, {}).category).toBe('Read');
  });

  it('does not take an HTTP method for a filter', () => {
    const inputSchema = properties({ method: { enum: ['GET', 'DELETE'] } });
    expect(classify({ name: 'fetch_url', inputSchema }, {}).category).toBe('Destructive');
  });

  it('sees a switch that replaces what is there', () => {
    const inputSchema = properties({ overwrite: { type: 'boolean' } });
    const risk = classify({ name: 'import_rows', inputSchema }, {});
    expect(risk.category).toBe('Destructive');
    expect(risk.evidence[0]?.text).toBe('The parameter "overwrite" lets a call lose data.');
  });

  it('takes a download into a file for a write', () => {
    const inputSchema = properties({ outputPath: { type: 'string' } });
    expect(classify({ name: 'download_report', inputSchema }, {}).category).toBe('Write');
    expect(classify({ name: 'download_report' }, {}).category).toBe('Read');
  });
});

describe('parameters that wrap, switch, list and save', () => {
  it('reads the parameters inside of an object that only wraps them', () => {
    const inputSchema = properties({ params: properties({ sql: { type: 'string' } }) });
    const risk = classify({ name: 'query', inputSchema }, {});
    expect(risk.category).toBe('Execute');
    expect(risk.evidence[0]?.field).toBe('inputSchema.properties.params.properties.sql');
  });

  it('reads the actions of alternatives', () => {
    const inputSchema = { oneOf: [properties({ action: { const: 'x', enum: ['delete'] } })] };
    expect(classify({ name: 'notes', inputSchema }, {}).category).toBe('Destructive');
  });

  it('reads actions that only a description lists', () => {
    const action = { type: 'string', description: "One of 'list', 'create' or 'delete'." };
    const inputSchema = properties({ action });
    expect(classify({ name: 'manage_notes', inputSchema }, {}).category).toBe('Destructive');
    const filter = properties({ kind: { type: 'string', description: "'delete' or 'create'" } });
    expect(classify({ name: 'list_events', inputSchema: filter }, {}).category).toBe('Read');
  });

  it('takes actions among which is reading for what a call may do, whatever the name says', () => {
    const inputSchema = properties({ action: { enum: ['list', 'install'] } });
    expect(classify({ name: 'list_packs', inputSchema }, {}).category).toBe('Execute');
  });

  it('does not believe a promise to read that a switch takes back', () => {
    const description = 'Token maintenance. Modes: read-only check, or a transaction.';
    const tool = { name: 'handle_fees', description };
    expect(classify(tool, {}).category).toBe('Read');
    const inputSchema = properties({ submit: { type: 'boolean' } });
    expect(classify({ ...tool, inputSchema }, {}).category).not.toBe('Read');
  });

  it('takes a path that is written to for a write, and one that is read for none', () => {
    const saved = { type: 'string', description: 'Where to save the picture.' };
    const risk = classify(
      { name: 'take_screenshot', inputSchema: properties({ filePath: saved }) },
      {},
    );
    expect(risk).toMatchObject({ category: 'Write' });
    expect(risk.evidence[0]).toMatchObject({
      field: 'inputSchema.properties.filePath',
      words: ['filePath'],
    });
    const read = { type: 'string', description: 'The file to look at.' };
    expect(
      classify({ name: 'get_outline', inputSchema: properties({ filePath: read }) }, {}).category,
    ).toBe('Read');
  });
});

describe('verbs that prefixes and objects make', () => {
  const rows: readonly (readonly [name: string, description: string, category: Category])[] = [
    ['reinvite_member', '', 'Write'],
    ['unskip_delivery', '', 'Write'],
    ['rerun_job', '', 'Execute'],
    ['research_topic', 'Finds articles on a topic.', 'Read'],
    ['resolve_comment', '', 'Write'],
    ['resolve_address', '', 'Read'],
    ['remove_label', 'Remove a label from a mail.', 'Write'],
    ['remove_project', 'Remove a project.', 'Destructive'],
    ['send_draft', 'Send a draft and remove it from the drafts.', 'Write'],
    ['send_draft', 'Send a draft and delete the original.', 'Destructive'],
    ['list_send', 'List all sends.', 'Read'],
    ['leave_balance', 'Get the days that are left.', 'Read'],
    ['sales_by_region', 'Breakdown of sales by region.', 'Read'],
    ['server_domains', '', 'Read'],
  ];
  it.each(rows)('%s %s is %s', (name, description, category) => {
    expect(classify({ name, description }, {}).category).toBe(category);
  });
});

describe('other languages', () => {
  const rows: readonly (readonly [name: string, description: string, category: Category])[] = [
    ['eliminar_factura', '', 'Destructive'],
    ['buscar_cliente', 'Busca clientes.', 'Read'],
    ['u1', 'Löscht einen Kunden.', 'Destructive'],
    ['u2', 'Supprime un fichier.', 'Destructive'],
    ['u3', 'Envía un mensaje.', 'Write'],
    ['删除文件', '', 'Destructive'],
    ['u4', '根据城市查询天气', 'Read'],
    ['u5', 'ファイルを検索します', 'Read'],
    ['u6', '削除済みの項目を取得します', 'Read'],
    ['u7', 'ファイルを削除します', 'Destructive'],
    ['u8', '执行命令', 'Execute'],
    ['u9', '标记订单', 'Write'],
    ['u10', '获取已删除的文件', 'Read'],
    ['u11', '给用户退款', 'Financial'],
    ['u12', 'メッセージを既読にします', 'Write'],
    ['u13', 'サーバーを再起動します', 'Execute'],
    ['u14', 'Startet einen Server neu.', 'Execute'],
    ['u15', 'Sucht Kunden und zeigt sie.', 'Read'],
    ['u16', 'Überweist einen Betrag.', 'Financial'],
    ['u17', 'Récupère la liste des clients.', 'Read'],
    ['u18', 'Vide la corbeille.', 'Destructive'],
    ['u19', 'Rembourse un client.', 'Financial'],
    ['u20', 'Mueve un archivo.', 'Write'],
    ['u21', 'Ejecuta un comando.', 'Execute'],
    ['u22', 'Elimina un usuario.', 'Destructive'],
    ['u23', '파일을 삭제합니다', 'Destructive'],
    ['u24', '파일 목록을 조회합니다', 'Read'],
    ['u25', 'Atualiza um registo.', 'Write'],
  ];
  it.each(rows)('%s %s is %s', (name, description, category) => {
    expect(classify({ name, description }, {}).category).toBe(category);
  });
});

describe('level', () => {
  const rows: readonly (readonly [ToolDefinition, Level])[] = [
    [{ name: 'list_notes' }, 'low'],
    [{ name: 'get_secret' }, 'medium'],
    [{ name: 'update_note' }, 'medium'],
    [{ name: 'send_email' }, 'high'],
    [{ name: 'edit_invoice' }, 'high'],
    [{ name: 'run_tests' }, 'high'],
    [{ name: 'run_command', inputSchema: properties({ command: { type: 'string' } }) }, 'critical'],
    [{ name: 'delete_project' }, 'critical'],
    [{ name: 'delete_label' }, 'high'],
    [{ name: 'pay_bill' }, 'critical'],
    [{ name: 'bulk_update_notes' }, 'high'],
    [{ name: 'update_role' }, 'high'],
    [{ name: 'update_production_settings' }, 'high'],
    [{ name: 'push_branch', inputSchema: properties({ force: { type: 'boolean' } }) }, 'high'],
    [{ name: 'push_branch', inputSchema: properties({ remote: {} }) }, 'medium'],
    [{ name: 'read_file', inputSchema: properties({ path: { type: 'string' } }) }, 'medium'],
    [
      {
        name: 'read_files',
        inputSchema: properties({ paths: { type: 'array', items: { type: 'string' } } }),
      },
      'medium',
    ],
    [{ name: 'read_file', inputSchema: properties({ fileId: { type: 'string' } }) }, 'low'],
    [{ name: 'clear_cache' }, 'low'],
  ];
  it.each(rows)('%o is %s', (tool, level) => {
    expect(classify(tool, {}).level).toBe(level);
  });

  it('gives its reason for a step up or down', () => {
    expect(classify({ name: 'send_email' }, {}).evidence.at(-1)?.text).toBe(
      'It reaches people: "email".',
    );
  });
});

describe('doubt', () => {
  it('takes what says nothing for a write, and says that it is unsure', () => {
    const risk = classify({ name: 'frobnicate' }, {});
    expect(risk).toMatchObject({ category: 'Write', level: 'medium' });
    expect(risk.confidence).toBeLessThan(0.7);
    expect(risk.evidence[0]?.text).toContain('"frobnicate"');
  });

  it('is surer when name and description agree than when only one speaks', () => {
    const both = classify({ name: 'get_note', description: 'Returns a note.' }, {});
    const one = classify({ name: 'get_note' }, {});
    expect(both.confidence).toBeGreaterThan(one.confidence);
  });

  it('takes the worse of two clear texts', () => {
    const risk = classify({ name: 'get_note', description: 'Deletes the note.' }, {});
    expect(risk.category).toBe('Destructive');
  });
});

describe('annotations are claims', () => {
  it('never lower a category', () => {
    for (const name of ['delete_note', 'run_command', 'frobnicate', 'update_note']) {
      const plain = classify({ name }, {});
      const claimed = classify(
        { name, annotations: { readOnlyHint: true, destructiveHint: false } },
        {},
      );
      expect(claimed.category).toBe(plain.category);
      expect(claimed.level).toBe(plain.level);
      expect(claimed.confidence).toBe(plain.confidence);
    }
  });

  it('are a finding where the words say the opposite', () => {
    const annotations = { readOnlyHint: true };
    const risk = classify({ name: 'delete_note', annotations }, {});
    expect(risk.contradiction).toMatchObject({
      field: 'annotations.readOnlyHint',
      words: ['readOnlyHint'],
    });
    expect(risk.evidence).toContain(risk.contradiction);
    expect(classify({ name: 'get_note', annotations }, {}).contradiction).toBeUndefined();
    expect(classify({ name: 'delete_note' }, {}).contradiction).toBeUndefined();
  });

  it('are a finding where they deny that a deletion destroys', () => {
    const annotations = { destructiveHint: false };
    expect(classify({ name: 'delete_note', annotations }, {}).contradiction?.field).toBe(
      'annotations.destructiveHint',
    );
    expect(classify({ name: 'create_note', annotations }, {}).contradiction).toBeUndefined();
  });

  it('contradict no words where there are none to contradict', () => {
    const annotations = { readOnlyHint: true };
    expect(classify({ name: 'frobnicate', annotations }, {})).toMatchObject({
      category: 'Write',
      contradiction: undefined,
    });
  });

  it('settle upwards what the words leave open, and nothing that they do not', () => {
    const annotations = { destructiveHint: true };
    expect(classify({ name: 'frobnicate', annotations }, {}).category).toBe('Destructive');
    const both = { name: 'update_note', description: 'Updates a note.', annotations };
    expect(classify(both, {}).category).toBe('Write');
  });

  it('raise a reading that rests on one text only', () => {
    const risk = classify({ name: 'view_note', annotations: { readOnlyHint: false } }, {});
    expect(risk.category).toBe('Write');
    expect(risk.evidence[0]?.text).toContain('"readOnlyHint"');
  });
});

describe('siblings', () => {
  it("show which first word is only the server's name", () => {
    const siblings = ['shell_history', 'shell_config', 'shell_state', 'shell_report'];
    expect(classify({ name: 'shell_history' }, { siblings }).category).toBe('Read');
  });

  it('show what a subscription is', () => {
    const name = 'create_subscription';
    const paid = classify({ name }, { siblings: [name, 'list_plans', 'create_refund'] });
    expect(paid.category).toBe('Financial');
    expect(paid.evidence[0]).toMatchObject({ field: 'siblings', words: ['create_refund'] });
    expect(classify({ name }, { siblings: [name, 'send_newsletter'] }).category).toBe('Write');
  });

  it('do not hide a verb that they share', () => {
    const siblings = ['delete_a', 'delete_b', 'delete_c'];
    expect(classify({ name: 'delete_a' }, { siblings }).category).toBe('Destructive');
  });
});
