// The step of a page's relative times: they move on together every 15 seconds, and only while one is on screen.

import { useSyncExternalStore } from 'react'

const stepMs = 15_000
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    for (const tell of listeners) tell()
  }, stepMs)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Draws the component again as time passes: for whoever writes "3 minutes ago". */
export function useTick(): void {
  useSyncExternalStore(subscribe, () => Math.floor(Date.now() / stepMs))
}
