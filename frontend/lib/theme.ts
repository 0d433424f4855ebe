/** What the person has chosen; `system` follows the machine. */
export type Theme = 'system' | 'light' | 'dark'

const key = 'tenantgate.theme'

/** Runs in the head before anything is painted, so that no page flashes in the other theme. */
export const themeScript = `(function(){try{var t=localStorage.getItem('${key}')}catch(e){}if(t!=='light'&&t!=='dark')t=matchMedia('(prefers-color-scheme: dark)').matches?'dark':'light';document.documentElement.dataset.theme=t})()`

/** What was chosen before, on this browser. */
export function chosenTheme(): Theme {
  try {
    const stored = window.localStorage.getItem(key)
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  } catch {
    return 'system'
  }
}

/** Shows a theme and keeps it; `fallback` stands in for what the machine would say. */
export function chooseTheme(theme: Theme): void {
  try {
    if (theme === 'system') window.localStorage.removeItem(key)
    else window.localStorage.setItem(key, theme)
  } catch {
    // not kept then
  }
  showTheme()
}

/** Shows what was chosen, or what the machine says. */
export function showTheme(): void {
  const chosen = chosenTheme()
  const dark = chosen === 'system' ? window.matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark'
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}

/** Follows the machine while nothing is chosen. The result ends it. */
export function followSystem(): () => void {
  const query = window.matchMedia('(prefers-color-scheme: dark)')
  query.addEventListener('change', showTheme)
  return () => query.removeEventListener('change', showTheme)
}
