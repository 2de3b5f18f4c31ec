export const presetNames = ['strict', 'recommended', 'permissive', 'observe'] as const;
export type PresetName = (typeof presetNames)[number];

export interface Preset {
  readonly name: PresetName;
  /** One line for a list of choices. */
  readonly summary: string;
  /** The whole document (JSONC). */
  readonly text: string;
}

/** Ordinary policies to begin with. `recommended` also holds where a workspace has no policy at all. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  strict: {
    name: 'strict',
    summary: 'Reading passes, the rest asks, destructive and financial tools are refused.',
    text: `{
  "version": "1",
  "description": "Strict: reading passes, the rest asks, destructive and financial tools are refused.",
  "default": "deny",
  "risk": {
    "Read": {},
    "Write": { "action": "require_approval" },
    "Execute": { "action": "require_approval" },
    "Destructive": { "action": "deny", "reason": "This workspace does not let agents destroy data." },
    "Financial": { "action": "deny", "reason": "This workspace does not let agents move money." }
  },
  "flows": { "scope": "grant" },
  "tools": {},
  "servers": {
    "*": { "sampling": "require_approval" }
  }
}
`,
  },
  recommended: {
    name: 'recommended',
    summary: 'Reading passes, writing is limited, running, destroying and paying ask.',
    text: `{
  "version": "1",
  "description": "Recommended: reading passes, writing is limited, running, destroying and paying ask.",
  "default": "require_approval",
  "risk": {
    "Read": {},
    "Write": { "rate_limit": { "max": 30, "window": 60 } },
    "Execute": { "action": "require_approval", "rate_limit": { "max": 10, "window": 60 } },
    "Destructive": { "action": "require_approval" },
    "Financial": { "action": "require_approval" }
  },
  "flows": true,
  "tools": {}
}
`,
  },
  permissive: {
    name: 'permissive',
    summary: 'All calls pass and are recorded; destroying and paying ask.',
    text: `{
  "version": "1",
  "description": "Permissive: all calls pass and are recorded; destroying and paying ask.",
  "default": "allow",
  "risk": {
    "Destructive": { "action": "require_approval" },
    "Financial": { "action": "require_approval" }
  },
  "tools": {}
}
`,
  },
  observe: {
    name: 'observe',
    summary: 'All calls pass; what "recommended" would have done is recorded.',
    text: `{
  "version": "1",
  "description": "Observe: all calls pass, and what the recommended policy would have done is recorded.",
  "default": "allow",
  "risk": {
    "Read": {},
    "Write": { "rate_limit": { "max": 30, "window": 60 }, "mode": "observe" },
    "Execute": { "action": "require_approval", "rate_limit": { "max": 10, "window": 60 }, "mode": "observe" },
    "Destructive": { "action": "require_approval", "mode": "observe" },
    "Financial": { "action": "require_approval", "mode": "observe" }
  },
  "flows": { "mode": "observe" },
  "tools": {}
}
`,
  },
};
