// Copying text, and saying for two seconds that it worked.

import { useEffect, useState } from 'react'

/** True for two seconds after a copy; `copy` answers whether the browser allowed it. */
export function useCopy(): [copied: boolean, copy: (text: string) => Promise<boolean>] {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 2_000)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async (text: string) => {
    const done = await writeClipboard(text)
    setCopied(done)
    return done
  }
  return [copied, copy]
}

async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Plain-http origins have no clipboard API; the old command still works there, on a selection that may have the
    // focus: an open dialog takes it away from anything outside of itself.
    const focused = document.activeElement
    const area = document.createElement('textarea')
    area.value = text
    area.style.position = 'fixed'
    area.style.opacity = '0'
    const frame = focused?.closest('[role=dialog],[role=alertdialog]') ?? document.body
    frame.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    if (focused instanceof HTMLElement) focused.focus()
    return done
  }
}
