// Tabs whose choice lives in the URL: the caller gives the value and hears the change.

import { type ReactNode, useEffect, useRef } from 'react'
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from 'react-aria-components/Tabs'
import { cx } from './class-names.ts'

export interface TabItem<V extends string> {
  value: V
  label: ReactNode
  /** A small figure right of the label. */
  count?: number | undefined
  isDisabled?: boolean
}

interface TabsProps<V extends string> {
  label: string
  items: ReadonlyArray<TabItem<NoInfer<V>>>
  value: V
  onChange(value: NoInfer<V>): void
  /** The panel of the chosen tab. */
  children: ReactNode
  className?: string
}

export function Tabs<V extends string>({ label, items, value, onChange, children, className }: TabsProps<V>) {
  const list = useRef<HTMLDivElement>(null)
  // On a phone the list scrolls, and the tab of a link may be outside. The tabs stand a frame after the list.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the selected tab is read from the list
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const box = list.current?.getBoundingClientRect()
      const tab = list.current?.querySelector('[data-selected]')?.getBoundingClientRect()
      if (!box || !tab || (tab.left >= box.left && tab.right <= box.right)) return
      list.current?.scrollBy({ left: tab.left + tab.width / 2 - (box.left + box.width / 2) })
    })
    return () => cancelAnimationFrame(frame)
  }, [value])
  return (
    <AriaTabs
      selectedKey={value}
      onSelectionChange={(key) => {
        const item = items.find((candidate) => candidate.value === key)
        if (item) onChange(item.value)
      }}
      className={cx('flex min-w-0 flex-col gap-5', className)}
    >
      <TabList
        ref={list}
        aria-label={label}
        className="flex gap-1 overflow-x-auto border-b border-line [scrollbar-width:none]"
      >
        {items.map((item) => (
          <Tab
            key={item.value}
            id={item.value}
            isDisabled={item.isDisabled ?? false}
            className="relative -mb-px flex h-9 shrink-0 cursor-pointer items-center gap-1.5 rounded-t-md border-b-2 border-transparent px-2.5 text-muted select-none -outline-offset-2! data-disabled:cursor-not-allowed data-disabled:opacity-50 data-hovered:text-ink data-selected:border-accent data-selected:font-medium data-selected:text-ink"
          >
            {item.label}
            {item.count === undefined ? null : (
              <span className="tabular rounded-full bg-hover px-1.5 text-xs font-medium text-muted">
                {item.count}
              </span>
            )}
          </Tab>
        ))}
      </TabList>
      <TabPanel id={value} className="min-w-0 outline-none">
        {children}
      </TabPanel>
    </AriaTabs>
  )
}
