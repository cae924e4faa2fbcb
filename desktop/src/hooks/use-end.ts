import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** This near to the end counts as being there, in px: fractions of zoomed pages must not unpin it. */
const NEAR = 48;

/**
 * Keeps a scrolling log at its end while the reader is there; `away` says that they are not. `key` changes with what is
 * shown. `hold`, called before older rows come in above, keeps what the reader sees in its place.
 */
export function useEnd(
  ref: RefObject<HTMLElement | null>,
  key: string,
): { away: boolean; toEnd: () => void; hold: () => void } {
  const pinned = useRef(true);
  const fromEnd = useRef<number>(undefined);
  const [away, setAway] = useState(false);

  const toEnd = useCallback(() => {
    const el = ref.current;
    if (!el) return;
    pinned.current = true;
    el.scrollTop = el.scrollHeight;
    setAway(false);
  }, [ref]);

  const hold = useCallback(() => {
    const el = ref.current;
    if (el) fromEnd.current = el.scrollHeight - el.scrollTop;
  }, [ref]);

  // `key` is not read: its change is what this waits for.
  useLayoutEffect(() => {
    const el = ref.current;
    if (el && fromEnd.current !== undefined) el.scrollTop = el.scrollHeight - fromEnd.current;
    else if (pinned.current) toEnd();
    fromEnd.current = undefined;
  }, [key, ref, toEnd]);

  useEffect(() => {
    const el = ref.current;
    if (!el) return;
    const onScroll = () => {
      pinned.current = el.scrollHeight - el.scrollTop - el.clientHeight < NEAR;
      setAway(!pinned.current);
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

  return { away, toEnd, hold };
}
