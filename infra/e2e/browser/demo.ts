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
  }[];
  queues: { id: string; name: string; strategy: Strategy; timeout: number }[];
  agents: { id: string; name: string; email?: string; capacity?: number; queues: string[] }[];
}

export type Strategy = 'beepall' | 'rrmemory';

/** How long an offer rings, in seconds, where a test does not wait for its end. */
const UNHURRIED = 60;

/** The shop with one queue and three agents; a test says what is different. */
export function demo({
  strategy = 'beepall',
  timeout = UNHURRIED,
  capacity = 5,
}: {
  strategy?: Strategy;
  timeout?: number;
  capacity?: number;
} = {}): Demo {
  const agent = (id: string, name: string) => ({ id, name, capacity, queues: ['plants'] });
  return {
    licence: 100,
    websites: [
      {
        id: 'fern',
        name: 'Fern & Fable',
        greeting: 'Hello! How can we help your plants today?',
        queues: ['plants'],
        askName: true,
      },
    ],
    queues: [{ id: 'plants', name: 'Plant care', strategy, timeout }],
    agents: [agent('jonas', 'Jonas Brandt'), agent('marta', 'Marta Kovač'), agent('sofia', 'Sofia Oliveira')],
  };
}
