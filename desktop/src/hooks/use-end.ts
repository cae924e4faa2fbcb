import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** This near to the end counts as being there, in px: fractions of zoomed pages must not unpin it. */
const NEAR = 48;

/**
 * Keeps a scrolling log at its end while the reader is there. `key` changes with what is shown; another `log` starts at the
 * end. `behind` says that there is more below.
 */
export function useEnd(
  ref: RefObject<HTMLElement | null>,
  log: string,
  key: unknown,
): { behind: boolean; toEnd: () => void } {
  const pinned = useRef(true);
  const shown = useRef('');
  const [behind, setBehind] = useState(false);

  const toEnd = useCallback(() => {
    const el = ref.current;
    if (!el) return;
    pinned.current = true;
    el.scrollTop = el.scrollHeight;
    setBehind(false);
  }, [ref]);
  useLayoutEffect(() => {
    if (shown.current !== log) pinned.current = true;
    shown.current = log;
    if (pinned.current) toEnd();
    else setBehind(true);
  }, [log, key, toEnd]);

  useEffect(() => {
    const el = ref.current;
    if (!el) return;
    const onScroll = () => {
      pinned.current = el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
      if (pinned.current) setBehind(false);
    };
    el.addEventListener('scroll', onScroll, { passive: true });
    // The composer grows, the window shrinks: the end stays in sight.
    const size = new ResizeObserver(() => pinned.current && toEnd());
    size.observe(el);
    return () => {
      el.removeEventListener('scroll', onScroll);
      size.disconnect();
    };
  }, [ref, toEnd]);

  return { behind, toEnd };
}
