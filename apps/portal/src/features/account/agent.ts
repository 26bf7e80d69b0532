// What a session was opened with, as people know it.

import { parse } from 'bowser'

export interface Agent {
  /** Name and major version, such as `Chrome 131`. */
  browser: string
  /** Such as `Linux`; undefined where it does not say. */
  system: string | undefined
}

/** Reads a `User-Agent` (RFC 9110 10.1.5); undefined where nobody knows the browser. */
export function readAgent(text: string): Agent | undefined {
  if (text === '') return undefined
  const { browser, os } = parse(text)
  if (!browser.name) return undefined
  const major = browser.version?.split('.')[0]
  return { browser: major ? `${browser.name} ${major}` : browser.name, system: os.name }
}
