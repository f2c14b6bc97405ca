import type { ComponentProps, ReactNode } from 'react';

type Look = 'primary' | 'danger' | 'ghost' | 'outline' | 'plain';
type ButtonProps = ComponentProps<'button'> & { readonly look?: Look; readonly size?: 'small' | 'large' | 'wide' | 'large wide' };

export function Button({ look = 'plain', size, className, type = 'button', ...rest }: ButtonProps) {
  return <button type={type} className={['button', look, size, className].filter(Boolean).join(' ')} {...rest} />;
}

type IconButtonProps = Omit<ComponentProps<'button'>, 'children'> & { readonly label: string; readonly children: ReactNode; readonly shortcut?: string | undefined };

/** A button that is only an icon: its name is for screen readers and for the pointer that rests on it. */
export function IconButton({ label, shortcut, className, children, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button type={type} className={['icon-button', className].filter(Boolean).join(' ')} aria-label={label} title={shortcut ? `${label} (${shortcut})` : label} {...rest}>
      {children}
    </button>
  );
}
