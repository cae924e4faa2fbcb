import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode, RefObject } from 'react';
import css from './dialog.module.css';

/**
 * A dialog over the desk: focus goes in and comes back, Escape closes it. A click beside it does not, and the corner stays within
 * reach: an offer that rings meanwhile must not cost a half-written note.
 */
export function Dialog({
  open,
  onClose,
  title,
  text,
  wide,
  first,
  back,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  text?: ReactNode;
  wide?: boolean;
  /** What has the focus first; else the first control. */
  first?: RefObject<HTMLElement | null>;
  /** What has it afterwards, if there is something better than what had it before. */
  back?: () => HTMLElement | null | undefined;
  children: ReactNode;
}) {
  return (
    <Base.Root
      open={open}
      onOpenChange={(next) => !next && onClose()}
      modal="trap-focus"
      disablePointerDismissal
    >
      <Base.Portal>
        <Base.Backdrop className={css.backdrop} />
        <Base.Popup
          className={`${css.popup} ${wide ? css.wide : ''}`}
          initialFocus={first ?? true}
          finalFocus={() => back?.() ?? true}
        >
          <Base.Title className={css.title}>{title}</Base.Title>
          {text && <Base.Description className={css.text}>{text}</Base.Description>}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
