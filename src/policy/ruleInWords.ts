import { fromPointer, type Pointer } from './pointer';

/** The rule in plain words, for people and agents: no more of it than its own name. */
export function ruleInWords(pointer: Pointer): string {
  if (pointer === '') return 'Toolgate itself';
  const path = fromPointer(pointer);
  const server = path[0] === 'servers' ? ` of server "${path[1]}"` : '';
  const rest = path[0] === 'servers' ? path.slice(2) : path;
  switch (rest[0]) {
    case 'tools':
      return `the rule "${rest[1]}"${server}`;
    case 'risk':
      return `the rule for ${rest[1]} tools${server}`;
    case 'hide':
      return `the list of hidden tools${server}`;
    case 'all_tools':
      return `the limits for all tools${server}`;
    case 'sampling':
    case 'elicitation':
    case 'roots':
    case 'resources':
    case 'prompts':
      return `the rule for ${rest[0]}${server}`;
    case 'flows':
      return `the rule for flows of data${server}`;
    case 'default':
      return server ? `the default${server}` : 'the default of the policy';
    default:
      return `the rule ${pointer}`;
  }
}
