import { useRef } from 'preact/hooks';
import { useWidget } from '../context';

const COLUMNS = 8;

/** A grid to pick from: one stop for Tab, arrows inside. */
export function Emojis({ emojis, onPick }: { emojis: readonly string[]; onPick(emoji: string): void }) {
  const { t } = useWidget().language;
  const grid = useRef<HTMLDivElement>(null);
  const move = (e: KeyboardEvent) => {
    const buttons = [...(grid.current?.children ?? [])] as HTMLElement[];
    const at = buttons.indexOf(e.target as HTMLElement);
    const forward = getComputedStyle(e.currentTarget as Element).direction === 'rtl' ? -1 : 1;
    const to = {
      ArrowRight: at + forward,
      ArrowLeft: at - forward,
      ArrowDown: at + COLUMNS,
      ArrowUp: at - COLUMNS,
      Home: 0,
      End: buttons.length - 1,
    }[e.key];
    const next = to === undefined ? undefined : buttons[to];
    if (!next) return;
    e.preventDefault();
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be a group of form fields
    <div class="eg" role="group" aria-label={t('emojis')} ref={grid} onKeyDown={move}>
      {emojis.map((emoji, i) => (
        <button key={emoji} type="button" tabIndex={i ? -1 : 0} onClick={() => onPick(emoji)}>
          {emoji}
        </button>
      ))}
    </div>
  );
}
