'use client'

import { useId } from 'react'

interface Choice<T extends string> {
  value: T
  label: string
  hint?: string
}

/** One of a few, all of them in sight. */
export function Choices<T extends string>({ legend, value, onChoose, choices, bare, disabled }: {
  legend: string
  value: T
  onChoose: (value: T) => void
  choices: readonly Choice<T>[]
  bare?: boolean
  disabled?: boolean
}) {
  const name = useId()
  return (
    <fieldset className="flex flex-col gap-1.5" disabled={disabled}>
      <legend className={bare ? 'sr-only' : 'mb-1.5 text-sm font-medium'}>{legend}</legend>
      {choices.map((choice) => (
        <label
          key={choice.value}
          className="flex items-start gap-2.5 rounded-md border border-line px-3 py-2 transition-colors duration-120 hover:border-line-2 has-checked:border-accent-text has-checked:bg-sunken has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent-text"
        >
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={value === choice.value}
            onChange={() => onChoose(choice.value)}
            className="mt-1 size-3.5 shrink-0 accent-(--accent-text) outline-none"
          />
          <span className="min-w-0">
            <span className="block">{choice.label}</span>
            {choice.hint && <span className="block text-sm text-ink-3">{choice.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
