import type { PoliciesInForce, ReportedTool } from './reportedTool';

/** From the best to the worst. */
export const grades = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
export type Grade = (typeof grades)[number];

export interface Grading {
  /** `undefined` where nothing is known to grade. */
  readonly grade: Grade | undefined;
  /** The gravest first; each with the grade that it leads to. */
  readonly reasons: readonly GradeReason[];
}

export interface GradeReason {
  readonly grade: Grade;
  readonly text: string;
}

type Test = (tool: ReportedTool) => boolean;

const callable: Test = ({ standing }) =>
  standing.action === 'allow' || standing.action === 'require_approval';
const unasked: Test = ({ standing }) => standing.action === 'allow';
const unbounded: Test = (tool) => unasked(tool) && !tool.standing.conditional;
const found =
  (severity: string): Test =>
  ({ findings }) =>
    findings.some((finding) => finding.severity === severity);

// The level says what a call can do; the grade, what of that the policy in force lets happen.
const tests: readonly { readonly grade: Grade; readonly says: string; readonly holds: Test }[] = [
  {
    grade: 'F',
    says: 'speaks to the model past the person and can be called',
    holds: (tool) => callable(tool) && found('severe')(tool),
  },
  {
    grade: 'E',
    says: 'is critical, and no call is asked about or bounded',
    holds: (tool) => tool.level === 'critical' && unbounded(tool),
  },
  {
    grade: 'D',
    says: 'is of high risk, and no call is asked about or bounded',
    holds: (tool) => tool.level === 'high' && unbounded(tool),
  },
  {
    grade: 'C',
    says: 'is critical, and some calls pass without a question',
    holds: (tool) => tool.level === 'critical' && unasked(tool) && !unbounded(tool),
  },
  {
    grade: 'C',
    says: 'has a definition that is worth a look and can be called',
    holds: (tool) => callable(tool) && found('moderate')(tool) && !found('severe')(tool),
  },
  {
    grade: 'B',
    says: 'is of high risk, and some calls pass without a question',
    holds: (tool) => tool.level === 'high' && unasked(tool) && !unbounded(tool),
  },
  {
    grade: 'B',
    says: 'changes things without a question or a limit',
    holds: (tool) => tool.level === 'medium' && unbounded(tool) && !tool.standing.limited,
  },
];

/** How much of a server’s risk the policy leaves to the agent: the worst reason counts. */
export function gradeOf(
  tools: readonly ReportedTool[],
  server: string,
  policies: PoliciesInForce,
): Grading {
  const reasons: GradeReason[] = [];
  for (const { grade, says, holds } of tests) {
    const count = tools.filter(holds).length;
    if (count > 0)
      reasons.push({
        grade,
        text: `${count === 1 ? 'One tool' : `${count} tools: each`} ${says}.`,
      });
  }
  if (opensFlow(tools, server, policies)) {
    const text =
      'Its tools read private data and text of strangers, and carry data out; no rule for flows asks.';
    reasons.push({ grade: 'C', text });
  }
  reasons.sort((a, b) => grades.indexOf(b.grade) - grades.indexOf(a.grade));
  if (reasons.length > 0) return { grade: reasons[0]!.grade, reasons };
  const text = 'What is of high risk is asked about or refused, and no definition needs a look.';
  return { grade: 'A', reasons: [{ grade: 'A', text }] };
}

/** Whether private data, text of strangers and a way out meet where nothing asks in between. */
function opensFlow(
  tools: readonly ReportedTool[],
  server: string,
  policies: PoliciesInForce,
): boolean {
  const free = tools.filter(unasked);
  const meet = (['private', 'untrusted', 'outbound'] as const).every((mark) =>
    free.some(({ flow }) => flow[mark]),
  );
  return meet && policies?.every((policy) => policy.flowsOf(server).effect !== 'ask') === true;
}

export function worstGrade(all: readonly Grade[]): Grade | undefined {
  return grades.findLast((grade) => all.includes(grade));
}
