'use client'

import { useId, useLayoutEffect, useRef, type ChangeEvent, type ComponentProps, type InputHTMLAttributes, type ReactNode, type TextareaHTMLAttributes } from 'react'

interface Around {
  label: string
  /** Says more, before anything goes wrong. */
  hint?: ReactNode
  /** Says what is wrong with it. */
  error?: string
  /** The label is for screen readers alone. */
  bare?: boolean
}

interface Control {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': true | undefined
}

/** A label, a control, and what there is to say of it. */
export function Labelled({ label, hint, error, bare, children }: Around & { children: (control: Control) => ReactNode }) {
  const id = useId()
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className={bare ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error ? true : undefined })}
      {error && (
        <p id={`${id}-error`} className="text-sm text-bad">
          {error}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-ink-3">
          {hint}
        </p>
      )}
    </div>
  )
}

type InputProps = Around & Omit<InputHTMLAttributes<HTMLInputElement>, 'id'>

export function TextField({ label, hint, error, bare, className = '', ...rest }: InputProps) {
  const input = useRef<HTMLInputElement>(null)
  // What was typed, or filled in by the browser, before the scripts came.
  useLayoutEffect(() => {
    const target = input.current
    if (target && rest.value !== undefined && target.value !== rest.value) rest.onChange?.({ target } as ChangeEvent<HTMLInputElement>)
  }, [])
  return (
    <Labelled label={label} hint={hint} error={error} bare={bare}>
      {(control) => <input ref={input} className={`input ${className}`} {...rest} {...control} />}
    </Labelled>
  )
}

type AreaProps = Around & Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'id'>

export function TextArea({ label, hint, error, bare, className = '', ...rest }: AreaProps) {
  return (
    <Labelled label={label} hint={hint} error={error} bare={bare}>
      {(control) => <textarea className={`input resize-y leading-relaxed ${className}`} {...rest} {...control} />}
    </Labelled>
  )
}

type SelectProps = Around & Omit<ComponentProps<'select'>, 'id'>

export function Select({ label, hint, error, bare, className = '', children, ...rest }: SelectProps) {
  return (
    <Labelled label={label} hint={hint} error={error} bare={bare}>
      {(control) => (
        <select className={`input ${className}`} {...rest} {...control}>
          {children}
        </select>
      )}
    </Labelled>
  )
}
