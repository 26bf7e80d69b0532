// A long list of which only the visible rows exist: thousands of routes or requests at 60 frames per second.

import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useRef } from 'react'
import { cx } from './class-names.ts'

interface VirtualListProps<T> {
  /** Names the list for screen readers. */
  label: string
  rows: readonly T[]
  rowId(row: T): string
  children(row: T): ReactNode
  /** Height of one row before it is measured. */
  rowHeightPx?: number
  /** Tallest the list may become; a shorter list is as tall as its rows. */
  maxHeight?: string
  /** Called when the last rows come into view: the next page may be fetched. */
  onEnd?: () => void
  className?: string
}

export function VirtualList<T>({
  label,
  rows,
  rowId,
  children,
  rowHeightPx = 40,
  maxHeight = '32rem',
  onEnd,
  className,
}: VirtualListProps<T>) {
  const frame = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeightPx,
    getItemKey: (index) => {
      const row = rows[index]
      return row === undefined ? index : rowId(row)
    },
    overscan: 12,
  })
  const lastIndex = virtual.getVirtualItems().at(-1)?.index ?? -1
  const isAtEnd = rows.length > 0 && lastIndex >= rows.length - 1
  useEffect(() => {
    if (isAtEnd) onEnd?.()
  }, [isAtEnd, onEnd])
  return (
    <section
      ref={frame}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1)
      tabIndex={0}
      aria-label={label}
      style={{ maxHeight }}
      className={cx('overflow-y-auto -outline-offset-2!', className)}
    >
      <ul className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index]
          return row === undefined ? null : (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-setsize={rows.length}
              aria-posinset={item.index + 1}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {children(row)}
            </li>
          )
        })}
      </ul>
    </section>
  )
}
