import { AgentClient } from '@parley/client';
import { Bell } from './bell';
import { desktopConfig, Signin, SigninError, type SigninProblem } from './signin';
import { Desk } from './store';

export type DoorState =
  | { at: 'busy' }
  | { at: 'out'; problem?: { code: SigninProblem; detail: string }; left?: boolean }
  | { at: 'in'; desk: Desk };

/**
 * The way in and out: asks the server where to sign in, signs in, opens the socket and puts a Desk on it. A page load goes
 * through it once.
 */
export class Door {
  state: DoorState = { at: 'busy' };
  private readonly listeners = new Set<() => void>();
  private signin: Signin | undefined;
  private leave: (() => void) | undefined;

  /** `show` opens the tab of a session; `home` is where the sign-in service sends agents back to. */
  constructor(
    private readonly show: (session: string) => void,
    private readonly home = new URL(import.meta.env.BASE_URL, location.origin).href,
  ) {}

  subscribe = (fn: () => void): (() => void) => {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  };

  /** Goes as far as possible without asking anybody. */
  enter = async (): Promise<void> => {
    await this.attempt(async (signin, socket) => {
      const resumed = await signin.resume();
      if (resumed.kind === 'out') this.set({ at: 'out', left: resumed.left });
      if (resumed.kind === 'in') this.open(signin, socket, resumed.fresh);
    });
  };

  /** Goes to the sign-in service. */
  signIn = async (): Promise<void> => {
    await this.attempt((signin) => signin.signIn());
  };

  /** Ends the shift. Refused in words, on the desk, while chats are open. */
  signOut = async (): Promise<void> => {
    if (this.state.at !== 'in' || !(await this.state.desk.setStatus('OFFLINE'))) return;
    this.leave?.();
    this.set({ at: 'out', left: true });
    await this.signin?.signOut();
  };

  private async attempt(go: (signin: Signin, socket: string) => Promise<void>) {
    if (this.state.at !== 'in') this.set({ at: 'busy' });
    try {
      const config = await desktopConfig();
      this.signin ??= new Signin(config, this.home);
      await go(this.signin, config.socket);
    } catch (e) {
      const problem =
        e instanceof SigninError
          ? { code: e.problem, detail: e.problem === 'refused' ? e.detail : '' }
          : { code: 'refused' as const, detail: String(e) };
      if (this.state.at !== 'in') this.set({ at: 'out', problem });
    }
  }

  private open(signin: Signin, url: string, fresh: boolean) {
    const subject = signin.subject();
    const client = new AgentClient({
      name: `parley:agent:${subject}`,
      onFinal: () => desk.refuse(),
      dial: async (failures) => ({ url, token: await signin.token(failures > 1) }),
    });
    const desk = new Desk({
      client,
      bell: new Bell(),
      subject,
      show: this.show,
      left: () => void this.signOut(),
    });
    const stop = desk.start();
    client.connect({ signIn: fresh });
    this.leave = () => {
      stop();
      client.stop();
    };
    this.set({ at: 'in', desk });
  }

  private set(state: DoorState) {
    this.state = state;
    for (const fn of this.listeners) fn();
  }
}
