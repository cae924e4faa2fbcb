import type { ComponentProps } from 'react';
import css from './button.module.css';
import { Icon, type IconName } from './icon';
import { Tip } from './tip';

type Look = 'plain' | 'primary' | 'danger' | 'quiet';

export interface ButtonProps extends ComponentProps<'button'> {
  look?: Look;
  icon?: IconName;
  large?: boolean;
}

/** A button with words. Primary is the one thing to do here; danger ends something. */
export function Button({ look = 'plain', icon, large, className = '', children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`${css.button} ${css[look]} ${large ? css.large : ''} ${className}`}
    >
      {icon && <Icon name={icon} size={17} />}
      {children}
    </button>
  );
}

/** A link that looks like a button: it leads elsewhere. */
export function ButtonLink({
  look = 'plain',
  icon,
  className = '',
  children,
  ...rest
}: ComponentProps<'a'> & Pick<ButtonProps, 'look' | 'icon'>) {
  return (
    <a {...rest} className={`${css.button} ${css[look]} ${className}`}>
      {icon && <Icon name={icon} size={17} />}
      {children}
    </a>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  icon: IconName;
  /** The button's name, shown as its tooltip too. */
  label: string;
  small?: boolean;
}

/** A button that is a picture; its words are in the tooltip. */
export function IconButton({ icon, label, small, className = '', ...rest }: IconButtonProps) {
  return (
    <Tip text={label}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={`${css.square} ${small ? css.small : ''} ${className}`}
      >
        <Icon name={icon} size={small ? 15 : 18} />
      </button>
    </Tip>
  );
}
