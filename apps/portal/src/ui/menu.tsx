// Menus: actions on one thing, or a switcher, opened by a button.

import type { LucideIcon } from 'lucide-react'
import { Check } from 'lucide-react'
import type { ReactElement, ReactNode } from 'react'
import { Header } from 'react-aria-components/Header'
import { Menu as AriaMenu, MenuItem, MenuSection, MenuTrigger } from 'react-aria-components/Menu'
import { Popover, type PopoverProps } from 'react-aria-components/Popover'
import { Separator } from 'react-aria-components/Separator'
import { cx } from './class-names.ts'
import { popoverClass } from './popover-class.ts'

export interface MenuAction {
  id: string
  label: string
  detail?: string
  icon?: LucideIcon
  mark?: ReactNode
  /** Set for choices: shows a check mark on the chosen one. */
  isSelected?: boolean
  isDanger?: boolean
  isDisabled?: boolean
  href?: string
  onAction?(): void
}

export interface MenuGroup {
  id: string
  title?: string
  items: readonly MenuAction[]
}

interface MenuProps {
  label: string
  trigger: ReactElement
  groups: readonly MenuGroup[]
  placement?: PopoverProps['placement']
  /** Shown above the items, for example the signed-in person. */
  head?: ReactNode
}

export function Menu({ label, trigger, groups, placement = 'bottom start', head }: MenuProps) {
  const shown = groups.filter((group) => group.items.length > 0)
  return (
    <MenuTrigger>
      {trigger}
      <Popover placement={placement} offset={4} className={cx(popoverClass, 'max-h-96 min-w-48 max-w-80')}>
        {head ? <div className="border-b border-line px-2 pt-1 pb-2 mb-1">{head}</div> : null}
        <AriaMenu aria-label={label} className="outline-none">
          {shown.map((group, index) => (
            <MenuSection key={group.id} {...(group.title ? {} : { 'aria-label': label })}>
              {index > 0 ? <Separator className="-mx-1 my-1 h-px border-0 bg-line" /> : null}
              {group.title ? (
                <Header className="px-2 pt-1.5 pb-1 text-xs font-medium text-faint">{group.title}</Header>
              ) : null}
              {group.items.map((item) => (
                <MenuItem
                  key={item.id}
                  id={`${group.id}/${item.id}`}
                  textValue={item.label}
                  isDisabled={item.isDisabled ?? false}
                  {...(item.href ? { href: item.href } : {})}
                  {...(item.onAction ? { onAction: item.onAction } : {})}
                  {...(item.isSelected === undefined
                    ? {}
                    : { 'aria-current': item.isSelected ? 'true' : undefined })}
                  className={cx(
                    'flex items-center gap-2 rounded-md px-2 py-1.5 outline-none select-none data-disabled:opacity-50 max-sm:py-2.5',
                    item.isDanger ? 'text-danger data-focused:bg-danger-soft' : 'data-focused:bg-hover',
                  )}
                >
                  {item.icon ? (
                    <item.icon size={16} aria-hidden className={item.isDanger ? undefined : 'text-muted'} />
                  ) : null}
                  {item.mark}
                  <span className="flex min-w-0 flex-1 flex-col">
                    <span className="truncate">{item.label}</span>
                    {item.detail ? <span className="truncate text-xs text-muted">{item.detail}</span> : null}
                  </span>
                  {item.isSelected ? <Check size={14} aria-hidden className="text-accent-text" /> : null}
                </MenuItem>
              ))}
            </MenuSection>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  )
}
