import type { ComponentProps, ReactNode } from 'react'

export type Look = 'main' | 'plain' | 'quiet' | 'danger'

const looks: Record<Look, string> = {
  main: 'bg-accent text-accent-ink hover:brightness-110 active:brightness-95 font-medium',
  plain: 'bg-surface border border-line-2 hover:border-ink-3 hover:bg-sunken',
  quiet: 'text-ink-2 hover:text-ink hover:bg-sunken',
  danger: 'border border-line-2 text-bad hover:border-bad hover:bg-bad-soft',
}

/** The classes of a button, for links that look like one. */
export function buttonClass(look: Look = 'plain', small = false): string {
  const size = small ? 'min-h-7 px-2 text-sm' : 'min-h-9 px-3.5'
  return `inline-flex items-center justify-center gap-1.5 rounded-md whitespace-nowrap select-none transition-[background-color,border-color,filter,opacity] duration-120 ${size} ${looks[look]}`
}

interface Props extends ComponentProps<'button'> {
  look?: Look
  small?: boolean
  /** What was asked for is under way: the button waits and says so. */
  busy?: boolean
  children: ReactNode
}

export function Button({ look = 'plain', small, busy, className = '', children, disabled, type = 'button', onClick, ...rest }: Props) {
  // Busy or disabled, it stays focusable: the browser's own way would throw the focus away.
  const off = busy || disabled
  return (
    <button
      type={type}
      className={`${buttonClass(look, small)} relative ${disabled ? 'opacity-50' : ''} ${className}`}
      aria-disabled={off || undefined}
      aria-busy={busy || undefined}
      onClick={off ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      <span className={busy ? 'opacity-0' : 'contents'}>{children}</span>
      {busy && <Spinner />}
    </button>
  )
}

function Spinner() {
  return (
    <span className="absolute inset-0 grid place-items-center" aria-hidden>
      <span className="size-4 animate-spin rounded-full border-2 border-current border-t-transparent" />
    </span>
  )
}
