// A box that scrolls by itself: named and focusable, so that it scrolls by keyboard too (WCAG 2.1.1).

import type { ReactNode } from 'react'

export function ScrollRegion({
  label,
  children,
  className,
  maxHeight,
}: {
  label: string
  children: ReactNode
  className?: string
  maxHeight?: string
}) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must take focus
      tabIndex={0}
      style={{ maxHeight }}
      className={className}
    >
      {children}
    </section>
  )
}
