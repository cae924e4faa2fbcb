import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endOfWorld, FakeSocket, settle, world } from '../test/fakes';
import { AgentClient } from './agent';
import { agentRequests, customerRequests, serverFrames } from './golden.gen';

beforeEach(world);
afterEach(endOfWorld);

const folder = join(import.meta.dirname, '../../../functions/wire/testdata');

/** The compiler has checked golden.gen.ts against the types; here it is what the Go tests read. */
test.each([
  ['customer', customerRequests],
  ['agent', agentRequests],
  ['server', serverFrames],
])('the golden frames of %s are those that Go reads', (group, frames) => {
  const files = readdirSync(folder).filter((name) => name.startsWith(`${group}.`) && name.endsWith('.json'));
  expect(Object.keys(frames).sort()).toEqual(files.sort());
  for (const name of files) {
    expect(JSON.parse(readFileSync(join(folder, name), 'utf8'))).toEqual(frames[name]);
  }
});

test.each(Object.entries(serverFrames))('the client understands %s', async (_, frame) => {
  const client = new AgentClient({ name: 'golden', dial: async () => ({ url: 'wss://x', token: 't' }) });
  client.connect();
  await settle();
  FakeSocket.last.open();
  expect(() => FakeSocket.last.say(frame)).not.toThrow();
  client.stop();
});
