/** What a runner starts with: the demo file of infra/local/demo.go, which reads JSON as well as YAML. */
export interface Demo {
  licence: number;
  websites: {
    id: string;
    name: string;
    queues: string[];
    brand?: string;
    greeting?: string;
    askName?: boolean;
    askEmail?: boolean;
    messages?: ('full' | 'nobody')[];
  }[];
  queues: Queue[];
  agents: {
    id: string;
    name: string;
    email?: string;
    capacity?: number;
    queues: string[];
    supervisor?: boolean;
  }[];
}

/** Times are seconds. */
export interface Queue {
  id: string;
  name: string;
  strategy: Strategy;
  timeout: number;
  lostAfter?: number;
  wrapUp?: number;
  idle?: number;
  previous?: boolean;
}

export type Strategy = 'beepall' | 'rrmemory';

/** How long an offer rings, in seconds, where a test does not wait for its end. */
const UNHURRIED = 60;

/** The shop with one queue and three agents, of whom Sofia is a supervisor; a test says what is different. */
export function demo({
  strategy = 'beepall',
  timeout = UNHURRIED,
  capacity = 5,
  licence = 100,
  website = {},
  queue = {},
}: {
  strategy?: Strategy;
  timeout?: number;
  capacity?: number;
  licence?: number;
  /** What else there is to say about the website and the queue. */
  website?: Partial<Demo['websites'][number]>;
  queue?: Partial<Queue>;
} = {}): Demo {
  const agent = (id: string, name: string) => ({ id, name, capacity, queues: ['plants'] });
  return {
    licence,
    websites: [
      {
        id: 'fern',
        name: 'Fern & Fable',
        greeting: 'Hello! How can we help your plants today?',
        queues: ['plants'],
        askName: true,
        ...website,
      },
    ],
    queues: [{ id: 'plants', name: 'Plant care', strategy, timeout, ...queue }],
    agents: [
      agent('jonas', 'Jonas Brandt'),
      agent('marta', 'Marta Kovač'),
      { ...agent('sofia', 'Sofia Oliveira'), supervisor: true },
    ],
  };
}

/** The same with a second queue, in which Sofia is alone. */
export function twoQueues(strategy: Strategy = 'beepall'): Demo {
  const shop = demo({ strategy });
  const orders: Queue = { id: 'orders', name: 'Orders', strategy, timeout: UNHURRIED };
  return {
    ...shop,
    queues: [...shop.queues, orders],
    agents: shop.agents.map((a) => (a.id === 'sofia' ? { ...a, queues: ['orders'] } : a)),
  };
}
