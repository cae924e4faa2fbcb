import type { Colleague, Team, TeamQueue } from '@parley/client';
import type { Session } from './store';

/** Somebody to whom a chat can go: all of a queue, or one colleague. */
export type Target = { id: string; name: string } & (
  | { kind: 'queue'; queue: TeamQueue }
  | { kind: 'agent'; agent: Colleague }
);

/** Could the agent be offered a chat now? The server decides; this is what is worth a try. */
export const free = (a: Colleague): boolean => a.state === 'READY' && !a.next && a.open < a.capacity;

/** Is it worth choosing? A queue where nobody is free can still hold a chat, but nobody there can help. */
export const open = (to: Target, assist: boolean): boolean =>
  to.kind === 'agent' ? free(to.agent) : !assist || to.queue.available > 0;

/**
 * Queues and colleagues for a chat, those who could take it first. Without the agent themselves, and without who is in it already.
 * `rank` keeps the order in which they were seen first, so that nothing jumps under the pointer when the team is told anew.
 */
export function targets(
  team: Team,
  me: string,
  s: Pick<Session, 'owner' | 'assist'>,
  rank: Map<string, number>,
) {
  const inside = new Set([me, s.owner?.id, ...s.assist.map((a) => a.id)]);
  // Of those whom a queue counts as free, who is in the chat already cannot take it.
  const counted = (queue: TeamQueue) =>
    team.agents.filter((a) => inside.has(a.id) && free(a) && a.queues.includes(queue.queue.id)).length;
  const queues = (team.queues ?? []).map((queue): Target => {
    const others = { ...queue, available: Math.max(0, queue.available - counted(queue)) };
    return { kind: 'queue', id: `q:${queue.queue.id}`, name: queue.queue.name, queue: others };
  });
  const agents = team.agents
    .filter((agent) => !inside.has(agent.id))
    .map((agent): Target => ({ kind: 'agent', id: `a:${agent.id}`, name: agent.name, agent }))
    .sort((a, b) => busy(a) - busy(b) || a.name.localeCompare(b.name));
  const all = [...queues, ...agents];
  for (const to of all) if (!rank.has(to.id)) rank.set(to.id, rank.size);
  return all.sort((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0));
}

/** Who is free first, and of them who has the fewest chats; then who is here but busy; last who is away. */
function busy(to: Target): number {
  if (to.kind === 'queue') return 0;
  const { agent } = to;
  if (free(agent)) return agent.open / 1000;
  return agent.state === 'READY' ? 1 : agent.state === 'OFFLINE' ? 3 : 2;
}

/** Those whose name has the words in it, in any order, with or without their accents. */
export function matching(all: readonly Target[], text: string): Target[] {
  const words = plain(text).split(/\s+/u).filter(Boolean);
  return all.filter((to) => words.every((w) => plain(to.name).includes(w)));
}

const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
