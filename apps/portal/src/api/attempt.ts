// Idempotency keys of a form: pressing again after a failure repeats the same wish, a changed wish is a new one.

import { useRef } from 'react'

/** `keyOf` gives the same key for the same wish (any JSON) until `renew` forgets them all. */
export function useAttempts(): { keyOf(wish: unknown): string; renew(): void } {
  const keys = useRef(new Map<string, string>())
  return {
    keyOf(wish) {
      const text = JSON.stringify(wish)
      const key = keys.current.get(text) ?? crypto.randomUUID()
      keys.current.set(text, key)
      return key
    },
    renew: () => keys.current.clear(),
  }
}
