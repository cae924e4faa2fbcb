import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Demo } from './demo';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const binary = join(root, 'build/parley');

/** How long a runner may take to stop, in milliseconds, before it is killed. */
const STOPPING = 10_000;

/** The local runner as a child process, on a free port and with its data in memory. */
export class Runner {
  private constructor(
    private readonly child: ChildProcess,
    /** Of the shop, the desktop and the service. */
    readonly origin: string,
  ) {}

  /** Starts a runner and waits until its links work. Its demo file and its log are kept in `dir`. */
  static async start(demo: Demo, dir: string): Promise<Runner> {
    if (!existsSync(binary)) throw new Error(`${binary} is not there: make build/parley web`);
    const file = join(dir, 'demo.json');
    writeFileSync(file, JSON.stringify(demo));
    const child = spawn(binary, ['-addr', '127.0.0.1:0', '-json', '-root', root, '-demo', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const { origin } = JSON.parse(line) as { origin: string };
      return new Runner(child, origin);
    }
    throw new Error('The runner ended before it had started.');
  }

  /** Ends it as Ctrl+C does, and waits. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null) throw new Error(`The runner ended with ${child.exitCode} during the test.`);
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOPPING);
    await ended;
    clearTimeout(timer);
  }
}
