// The theme choice: system, light or dark; kept in this browser; public/theme.js applies it before the first paint.

import { useSyncExternalStore } from 'react'

export type ThemeChoice = 'system' | 'light' | 'dark'

const key = 'gw-theme'
const listeners = new Set<() => void>()
const system = window.matchMedia('(prefers-color-scheme: dark)')

/** Set where storage is blocked: the choice then lasts as long as the page. */
let unkept: ThemeChoice | undefined

function choice(): ThemeChoice {
  if (unkept) return unkept
  try {
    const kept = localStorage.getItem(key)
    return kept === 'light' || kept === 'dark' ? kept : 'system'
  } catch {
    return 'system'
  }
}

function apply(): void {
  const chosen = choice()
  const dark = chosen === 'dark' || (chosen === 'system' && system.matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  // swagger-ui styles its dark mode below this class.
  document.documentElement.classList.toggle('dark-mode', dark)
  for (const listener of listeners) listener()
}

system.addEventListener('change', apply)
window.addEventListener('storage', (event) => {
  if (event.key === key) apply()
})

export function setTheme(next: ThemeChoice): void {
  try {
    if (next === 'system') localStorage.removeItem(key)
    else localStorage.setItem(key, next)
  } catch {
    unkept = next
  }
  apply()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, choice)
}

export function useIsDark(): boolean {
  return useSyncExternalStore(subscribe, () => document.documentElement.dataset.theme === 'dark')
}
