'use client'

import { useSyncExternalStore } from 'react'
import { Icon, type IconName } from '@/components/ui/Icon'
import { chooseTheme, chosenTheme, type Theme } from '@/lib/theme'

const next: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }
const icons: Record<Theme, IconName> = { system: 'screen', light: 'sun', dark: 'moon' }
const names: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' }

const listeners = new Set<() => void>()
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Goes through system, light and dark. */
export function ThemePicker() {
  const theme = useSyncExternalStore(subscribe, chosenTheme, () => 'system' as Theme)
  return (
    <button
      type="button"
      onClick={() => {
        chooseTheme(next[theme])
        for (const listener of listeners) listener()
      }}
      aria-label={`Theme: ${names[theme]}. Change to ${names[next[theme]]}`}
      title={`Theme: ${names[theme]}`}
      className="grid size-8 place-items-center rounded-md text-ink-2 hover:bg-sunken hover:text-ink"
    >
      <Icon name={icons[theme]} />
    </button>
  )
}
