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

/** Opens a house: a local runner, or the deployment that PARLEY_DEPLOYMENT names, which is emptied first. */
export function open(demo: Demo, dir: string): Promise<House> {
  const deployment = process.env.PARLEY_DEPLOYMENT;
  return deployment ? begin(deployment, demo) : start(demo, dir);
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
async function start(demo: Demo, dir: string): Promise<House> {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: make build/parley web`);
  const file = join(dir, 'demo.json');
  writeFileSync(file, JSON.stringify(demo));
  const child = spawn(binary, ['-addr', '127.0.0.1:0', '-json', '-testing', '-root', root, '-demo', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
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
