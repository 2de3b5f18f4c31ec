import { bothTouched, type FlowScope, type Touched, untouched } from '../policy/flows';
import type { Caller } from './enforcer';

const nothing = untouched.session;

/** What sessions have read so far. A client's reading counts on when its session ends. */
export class TouchedData {
  private readonly sessions = new Map<string, Touched>();
  private readonly grants = new Map<string, Touched>();

  of({ session, counted }: Caller): Readonly<Record<FlowScope, Touched>> {
    return {
      session: this.sessions.get(session) ?? nothing,
      grant: this.grants.get(counted.grant) ?? nothing,
    };
  }

  add(touches: Touched, { session, counted }: Caller): void {
    note(this.sessions, session, touches);
    note(this.grants, counted.grant, touches);
  }

  endSession(session: string): void {
    this.sessions.delete(session);
  }
}

function note(known: Map<string, Touched>, key: string, touches: Touched): void {
  known.set(key, bothTouched(known.get(key) ?? nothing, touches));
}
