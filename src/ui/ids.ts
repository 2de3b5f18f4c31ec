// Every id that package.json and the code share. A test compares the two, both ways.

export const providerId = 'toolgate.guarded';

export const views = {
  servers: 'toolgate.servers',
  policy: 'toolgate.policy',
} as const;

export const commands = {
  guardServer: 'toolgate.guardServer',
  guardAllServers: 'toolgate.guardAllServers',
  restoreServer: 'toolgate.restoreServer',
  restoreAllServers: 'toolgate.restoreAllServers',
  loadTools: 'toolgate.loadTools',
  signIn: 'toolgate.signIn',
  signOut: 'toolgate.signOut',
  openServerEntry: 'toolgate.openServerEntry',
  showServerOutput: 'toolgate.showServerOutput',
  restartServer: 'toolgate.restartServer',
  reviewChange: 'toolgate.reviewChange',
  reviewAll: 'toolgate.reviewAll',
  halt: 'toolgate.halt',
  resume: 'toolgate.resume',
  allowTool: 'toolgate.allowTool',
  requireApproval: 'toolgate.requireApproval',
  denyTool: 'toolgate.denyTool',
  limitTool: 'toolgate.limitTool',
  hideTool: 'toolgate.hideTool',
  showRule: 'toolgate.showRule',
  classifyTool: 'toolgate.classifyTool',
  filterTools: 'toolgate.filterTools',
  clearFilter: 'toolgate.clearFilter',
  groupByRisk: 'toolgate.groupByRisk',
  groupByServer: 'toolgate.groupByServer',
  openToolPage: 'toolgate.openToolPage',
  openServerPage: 'toolgate.openServerPage',
  createPolicy: 'toolgate.createPolicy',
  openPolicy: 'toolgate.openPolicy',
  reviewPolicy: 'toolgate.reviewPolicy',
  allowOnce: 'toolgate.allowOnce',
  allowForSession: 'toolgate.allowForSession',
  denyCall: 'toolgate.denyCall',
  showArguments: 'toolgate.showArguments',
  moreAnswers: 'toolgate.moreAnswers',
  allowEdited: 'toolgate.allowEdited',
  revokeGrant: 'toolgate.revokeGrant',
  showPending: 'toolgate.showPending',
  showActivity: 'toolgate.showActivity',
  showStatistics: 'toolgate.showStatistics',
  exportReport: 'toolgate.exportReport',
  forgetInputs: 'toolgate.forgetInputs',
  showLog: 'toolgate.showLog',
} as const;

/** Given to `openToolPage` by a click in the tree: the next one may take the tab. */
export const passing = 'passing';

export const contextKeys = {
  /** `noWorkspace`, `untrusted`, `loading` or `ready`. */
  state: 'toolgate.state',
  hasGuarded: 'toolgate.hasGuarded',
  hasUnguarded: 'toolgate.hasUnguarded',
  hasPolicy: 'toolgate.hasPolicy',
  halted: 'toolgate.halted',
  /** Whether a server, or what it offers, waits for a review. */
  hasChanges: 'toolgate.hasChanges',
  /** `server` or `risk`. */
  grouping: 'toolgate.grouping',
  filtered: 'toolgate.filtered',
} as const;

export const settings = {
  policyFile: 'policyFile',
  userPolicyFile: 'userPolicyFile',
  approvalTimeout: 'approval.timeout',
  clientTimeouts: 'approval.clientTimeouts',
  approvalStyle: 'approval.style',
  hostPrompt: 'hostPrompt',
  listDenied: 'listDenied',
  newTools: 'pins.newTools',
  startTimeout: 'startTimeout',
  recordArguments: 'record.arguments',
  mostMegabytes: 'requestLimit',
  stateUrl: 'state.url',
  stateOnFailure: 'state.onFailure',
} as const;
