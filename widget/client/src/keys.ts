/** The storage key that says: there is a session. The loader looks for it too. */
export function logKey(name: string): string {
  return `${name}:log`;
}

/** What the keys of unacknowledged messages begin with. */
export function outboxPrefix(name: string): string {
  return `${name}:out:`;
}
