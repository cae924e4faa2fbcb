import { Fragment, type ReactNode } from 'react';
import { type Key, template } from '../strings';

/** A sentence of the locale with elements in its gaps: "{by} took the chat with {who}". Word order stays the locale's. */
export function Words({ of, with: gaps }: { of: Key; with: Record<string, ReactNode> }) {
  return template(of)
    .split(/\{(\w+)\}/)
    .map((part, i) => <Fragment key={i}>{i % 2 ? gaps[part] : part}</Fragment>);
}
