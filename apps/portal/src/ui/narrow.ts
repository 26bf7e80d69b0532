// Whether the window is narrower than a width: for layouts that need other markup, not just other CSS.

import { useSyncExternalStore } from 'react'

export function useNarrow(belowPx: number): boolean {
  const query = `(max-width: ${belowPx - 0.02}px)`
  return useSyncExternalStore(
    (changed) => {
      const list = window.matchMedia(query)
      list.addEventListener('change', changed)
      return () => list.removeEventListener('change', changed)
    },
    () => window.matchMedia(query).matches,
    () => false,
  )
}
