// A plain link that stays inside the app; modified clicks keep their meaning.

import type { MouseEvent } from 'react'

export function inApp(router: { navigate(options: { href: string }): Promise<void> }) {
  return (event: MouseEvent<HTMLAnchorElement>) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return
    event.preventDefault()
    void router.navigate({ href: event.currentTarget.getAttribute('href') ?? '/' })
  }
}
