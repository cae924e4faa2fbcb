import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import { Icon, type IconName } from './icon';
import css from './menu.module.css';

/** A menu that opens from its trigger: arrows, type-ahead, Escape and focus are Base UI's. */
export function Menu({
  trigger,
  children,
  side = 'bottom',
  align = side === 'right' ? 'end' : 'start',
}: {
  trigger: ReactElement<Record<string, unknown>>;
  children: ReactNode;
  side?: 'bottom' | 'right';
  align?: 'start' | 'end';
}) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner className={css.position} side={side} align={align} sideOffset={8}>
          <Base.Popup className={css.popup}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({
  icon,
  dot,
  checked,
  children,
  onClick,
}: {
  icon?: IconName;
  /** A coloured dot before the words, by the name of its token. */
  dot?: string;
  /** The one that holds now. Words of the menu's own say so too. */
  checked?: boolean;
  children: ReactNode;
  onClick: () => void;
}) {
  return (
    <Base.Item className={css.item} onClick={onClick} aria-current={checked ? 'true' : undefined}>
      {dot && <i className={css.dot} style={{ background: `var(--${dot})` }} />}
      {icon && <Icon name={icon} size={17} />}
      <span className={css.words}>{children}</span>
      {checked && <Icon name="check" size={16} />}
    </Base.Item>
  );
}

/** An item that opens more of them beside it. */
export function MenuMore({ dot, label, children }: { dot?: string; label: ReactNode; children: ReactNode }) {
  return (
    <Base.SubmenuRoot>
      <Base.SubmenuTrigger className={css.item}>
        {dot && <i className={css.dot} style={{ background: `var(--${dot})` }} />}
        <span className={css.words}>{label}</span>
        <span className={css.more}>
          <Icon name="down" size={15} />
        </span>
      </Base.SubmenuTrigger>
      <Base.Portal>
        <Base.Positioner className={css.position} sideOffset={4} alignOffset={-6}>
          <Base.Popup className={css.popup}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.SubmenuRoot>
  );
}

export function MenuGroup({ label, children }: { label: ReactNode; children: ReactNode }) {
  return (
    <Base.Group>
      <Base.GroupLabel className={css.label}>{label}</Base.GroupLabel>
      {children}
    </Base.Group>
  );
}

export function MenuLine() {
  return <Base.Separator className={css.line} />;
}
