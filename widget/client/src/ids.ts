const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** A random name: 100 bits. crypto.randomUUID exists on https and localhost only; shops on plain http have getRandomValues. */
export function newId(): string {
  let id = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(20))) id += ALPHABET[byte & 31];
  return id;
}
