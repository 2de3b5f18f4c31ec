import type { Sense } from './lexicon';
import type { Reading } from './reading';
import type { Category } from './risk';

// Chinese and Japanese put no spaces between words, so their verbs are looked for as substrings.
const verbs: readonly (readonly [text: string, category: Category, sense: Sense])[] = [
  ['删除', 'Destructive', 'destroy'],
  ['刪除', 'Destructive', 'destroy'],
  ['移除', 'Destructive', 'destroy'],
  ['清空', 'Destructive', 'destroy'],
  ['清除', 'Destructive', 'destroy'],
  ['销毁', 'Destructive', 'destroy'],
  ['卸载', 'Destructive', 'destroy'],
  ['削除', 'Destructive', 'destroy'],
  ['消去', 'Destructive', 'destroy'],
  ['支付', 'Financial', 'pay'],
  ['退款', 'Financial', 'pay'],
  ['转账', 'Financial', 'pay'],
  ['轉帳', 'Financial', 'pay'],
  ['购买', 'Financial', 'pay'],
  ['下单', 'Financial', 'pay'],
  ['提现', 'Financial', 'pay'],
  ['支払', 'Financial', 'pay'],
  ['返金', 'Financial', 'pay'],
  ['送金', 'Financial', 'pay'],
  ['購入', 'Financial', 'pay'],
  ['执行', 'Execute', 'run'],
  ['執行', 'Execute', 'run'],
  ['运行', 'Execute', 'run'],
  ['启动', 'Execute', 'run'],
  ['部署', 'Execute', 'run'],
  ['点击', 'Execute', 'interact'],
  ['実行', 'Execute', 'run'],
  ['起動', 'Execute', 'run'],
  ['クリック', 'Execute', 'interact'],
  ['创建', 'Write', 'write'],
  ['建立', 'Write', 'write'],
  ['新建', 'Write', 'write'],
  ['新增', 'Write', 'write'],
  ['添加', 'Write', 'write'],
  ['更新', 'Write', 'write'],
  ['修改', 'Write', 'write'],
  ['编辑', 'Write', 'write'],
  ['设置', 'Write', 'write'],
  ['写入', 'Write', 'write'],
  ['保存', 'Write', 'write'],
  ['上传', 'Write', 'write'],
  ['发送', 'Write', 'send'],
  ['发布', 'Write', 'send'],
  ['作成', 'Write', 'write'],
  ['追加', 'Write', 'write'],
  ['変更', 'Write', 'write'],
  ['編集', 'Write', 'write'],
  ['登録', 'Write', 'write'],
  ['設定し', 'Write', 'write'],
  ['送信', 'Write', 'send'],
  ['投稿', 'Write', 'send'],
  ['获取', 'Read', 'read'],
  ['取得', 'Read', 'read'],
  ['查询', 'Read', 'read'],
  ['查詢', 'Read', 'read'],
  ['查看', 'Read', 'read'],
  ['搜索', 'Read', 'read'],
  ['列出', 'Read', 'read'],
  ['读取', 'Read', 'read'],
  ['检索', 'Read', 'read'],
  ['检查', 'Read', 'read'],
  ['分析', 'Read', 'read'],
  ['返回', 'Read', 'read'],
  ['検索', 'Read', 'read'],
  ['一覧', 'Read', 'read'],
  ['表示', 'Read', 'read'],
  ['参照', 'Read', 'read'],
  ['読み取', 'Read', 'read'],
];

const effects: Readonly<Record<Category, string>> = {
  Read: 'reads',
  Write: 'changes data',
  Execute: 'runs something',
  Destructive: 'removes data',
  Financial: 'moves money',
};

const hasScript = /[\u3040-\u30ff\u4e00-\u9fff]/;
const kana = /[\u3040-\u30ff]/;
// "Deleted items": 删除的, 削除された, 削除済み; "not deleted": 不删除, 削除しません.
const participle = /^(?:的|过的|さ?れた|済み?|しない|しません|せず)/;
const negated = /[不未勿](?:会|能|可|要)?$/;

/** What a Chinese or Japanese text says. Chinese puts its verb first, Japanese puts it last. */
export function readScript(text: string, where: 'name' | 'description'): Reading | undefined {
  const part = text.slice(0, 200);
  if (!hasScript.test(part)) return undefined;
  const japanese = kana.test(part);
  let best: { readonly at: number; readonly entry: (typeof verbs)[number] } | undefined;
  for (const entry of verbs) {
    const at = japanese ? part.lastIndexOf(entry[0]) : part.indexOf(entry[0]);
    if (at < 0 || participle.test(part.slice(at + entry[0].length, at + entry[0].length + 4)))
      continue;
    if (negated.test(part.slice(Math.max(0, at - 2), at))) continue;
    if (best === undefined || (japanese ? at > best.at : at < best.at)) best = { at, entry };
  }
  if (best === undefined) return undefined;
  const [verb, category, sense] = best.entry;
  return {
    category,
    sense,
    clear: true,
    verb,
    evidence: `The ${where} says "${verb}": that ${effects[category]}.`,
  };
}
