import type { CataloguedServer, CataloguedTool } from '../../catalogue/packageCatalogue';
import type { PendingApproval } from '../../gateway/approvals';
import type { PinChange } from '../../gateway/pins/serverPins';
import type { ScopedGrant } from '../../gateway/scopedGrants';
import type { KnownTool } from '../../gateway/toolCatalogue';
import type { Outlook } from '../../policy/outlook';
import type { Level } from '../../risk/risk';
import type { ServerItem } from '../workspaceServers';

// The tree's nodes are data. Commands that loosen something take nodes only as instances of these
// classes: an agent that runs commands by id can pass JSON, but not an object of this process.

export class PendingGroupNode {
  readonly kind = 'pendingGroup';
}

export class PendingNode {
  readonly kind = 'pending';
  constructor(readonly pending: PendingApproval) {}
}

export class GrantGroupNode {
  readonly kind = 'grantGroup';
}

/** What was allowed beyond one call, and can be taken back. */
export class GrantNode {
  readonly kind = 'grant';
  constructor(readonly grant: ScopedGrant) {}
}

export class ServerNode {
  readonly kind = 'server';
  constructor(readonly server: ServerItem) {}
}

/** All tools of one level of risk, of whatever server. */
export class LevelNode {
  readonly kind = 'level';
  constructor(
    readonly level: Level,
    readonly tools: readonly ToolNode[],
  ) {}
}

export class ToolNode {
  readonly kind = 'tool';
  constructor(
    readonly server: ServerItem,
    readonly tool: KnownTool,
    /** Undefined while there is no valid policy. */
    readonly outlook: Outlook | undefined,
  ) {}
}

/** A tool of a server that has not been asked, as the catalogue has it. Nothing is done with it. */
export class CataloguedToolNode {
  readonly kind = 'cataloguedTool';
  constructor(
    readonly server: ServerItem,
    readonly catalogued: CataloguedServer,
    readonly tool: CataloguedTool,
    /** Undefined while there is no valid policy, and where none is in between. */
    readonly outlook: Outlook | undefined,
  ) {}
}

/** Something of a server that waits for the person's review. */
export class ChangeNode {
  readonly kind = 'change';
  constructor(
    readonly server: ServerItem,
    readonly change: PinChange,
  ) {}
}

/** A line that says what there is instead of tools: nothing, a failure, an advice. */
export class MessageNode {
  readonly kind = 'message';
  constructor(
    readonly server: ServerItem,
    readonly text: string,
    readonly icon: 'info' | 'error' | 'warning',
  ) {}
}

export type Node =
  | PendingGroupNode
  | PendingNode
  | GrantGroupNode
  | GrantNode
  | ServerNode
  | LevelNode
  | ToolNode
  | CataloguedToolNode
  | ChangeNode
  | MessageNode;
