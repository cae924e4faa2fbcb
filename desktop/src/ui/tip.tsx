import { Tooltip } from '@base-ui/react/tooltip';
import type { ReactElement } from 'react';
import css from './tip.module.css';

/** Says in words what a picture means, on hover and on focus. The child's own name says the same to a screen reader. */
export function Tip({ text, children }: { text: string; children: ReactElement<Record<string, unknown>> }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} />
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6} className={css.position}>
          <Tooltip.Popup className={css.tip}>{text}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
