import { createContext } from 'preact';
import { useContext, useLayoutEffect, useReducer } from 'preact/hooks';
import type { Talk } from './talk';
import type { Language } from './texts';
import type { Widget } from './widget';

/** What every view needs. */
export interface Surroundings {
  widget: Widget;
  language: Language;
}

export const Context = createContext<Surroundings>(undefined as unknown as Surroundings);

/** The conversation, inside its views: they are not drawn without it. */
export function useTalk(): Surroundings & { talk: Talk } {
  const surroundings = useWidget();
  const { talk } = surroundings.widget;
  if (!talk) throw new Error('no conversation');
  return { ...surroundings, talk };
}

/** The widget and the language; draws anew when the widget changed. */
export function useWidget(): Surroundings {
  const surroundings = useContext(Context);
  const [, draw] = useReducer((n: number, _: undefined) => n + 1, 0);
  // Before the next paint: an answer that came until then would not be drawn.
  useLayoutEffect(() => surroundings.widget.subscribe(() => draw(undefined)), [surroundings.widget]);
  return surroundings;
}
