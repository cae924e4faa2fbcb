import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Demo } from './demo';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const binary = join(root, 'build/parley');

/** How long a runner may take to stop, in milliseconds, before it is killed. */
const STOPPING = 10_000;

/** A Parley of one test's own, with its websites, queues and agents, and nothing that happened before. */
export interface House {
  /** Of the shop, the desktop and the service. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Where to play instead of on runners of our own. */
const { PARLEY_DEPLOYMENT: deployment } = process.env;

/** Why there can be no hasty house here, if that is so. */
export function noHaste(): string | undefined {
  if (!deployment) return undefined;
  const { lacks } = JSON.parse(readFileSync(deployment, 'utf8')) as { lacks?: Record<string, string> };
  return lacks?.lease ?? 'leases are as deployed';
}

/**
 * Opens a house: a local runner, or the deployment that PARLEY_DEPLOYMENT names, which is emptied first. In a hasty one a sign of life
 * counts for seconds, and the reaper comes every second; it wants pages that beat accordingly (see stage.ts).
 */
export function open(demo: Demo, dir: string, hasty: boolean): Promise<House> {
  return deployment
    ? begin(deployment, demo)
    : start(demo, dir, hasty ? ['-lease', '6s', '-sweep', '1s'] : []);
}

/** Begins anew on a deployment, see infra/stack. */
async function begin(file: string, demo: Demo): Promise<House> {
  const { origin, setUp } = JSON.parse(readFileSync(file, 'utf8')) as { origin: string; setUp?: string };
  if (!setUp) throw new Error(`The deployment of ${file} cannot begin anew.`);
  const reply = await fetch(setUp, { method: 'POST', body: JSON.stringify(demo) });
  if (!reply.ok) throw new Error(`Setting up: ${await reply.text()}`);
  return { origin, close: async () => {} };
}

/** Starts a local runner on a free port, with its data in memory. Its demo file is kept in `dir`. */
async function start(demo: Demo, dir: string, flags: string[]): Promise<House> {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: make build/parley web`);
  const file = join(dir, 'demo.json');
  writeFileSync(file, JSON.stringify(demo));
  const args = ['-addr', '127.0.0.1:0', '-json', '-testing', '-root', root, '-demo', file, ...flags];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const { origin } = JSON.parse(line) as { origin: string };
    return { origin, close: () => stop(child) };
  }
  throw new Error('The runner ended before it had started.');
}

/** Ends a runner as Ctrl+C does, and waits. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error(`The runner ended with ${child.exitCode} during the test.`);
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOPPING);
  await ended;
  clearTimeout(timer);
}
