// Initials on a colour that belongs to the name; square for tenants and apps, round for people.

import { cx } from './class-names.ts'

export function Avatar({
  name,
  shape = 'round',
  size = 24,
}: {
  name: string
  shape?: 'round' | 'square'
  size?: number
}) {
  return (
    <span
      aria-hidden
      // The letters are drawn by CSS: as text they would count as the visible name of the button around them.
      data-initials={initials(name)}
      style={{ width: size, height: size, fontSize: size * 0.42, ['--hue' as string]: hueOf(name) }}
      className={cx(
        'inline-grid shrink-0 before:content-[attr(data-initials)] place-items-center font-semibold select-none',
        'bg-[oklch(0.92_0.045_var(--hue))] text-[oklch(0.4_0.09_var(--hue))] dark:bg-[oklch(0.36_0.06_var(--hue))] dark:text-[oklch(0.9_0.06_var(--hue))]',
        shape === 'round' ? 'rounded-full' : 'rounded-md',
      )}
    />
  )
}

function initials(name: string): string {
  const words = name.split(/[\s\-_.@/]+/).filter(Boolean)
  const letters = words.length > 1 ? [words[0]?.[0], words[1]?.[0]] : [words[0]?.[0]]
  return letters.join('').toUpperCase()
}

function hueOf(name: string): number {
  let hash = 7
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 360_000
  return hash % 360
}
