// A short list that a person puts in order: by drag, or by keyboard from the handle; the caller adds buttons for the rest.

import { GripVertical } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { GridList, GridListItem } from 'react-aria-components/GridList'
import { DropIndicator, useDragAndDrop } from 'react-aria-components/useDragAndDrop'
import { cx } from './class-names.ts'

interface ReorderListProps<T> {
  label: string
  rows: readonly T[]
  rowId(row: T): string
  /** What the row is called when it is dragged or focused. */
  rowName(row: T): string
  dragLabel(row: T): string
  chosenId: string | undefined
  isEditable: boolean
  onChoose(id: string): void
  onPlace(id: string, besideId: string, side: 'before' | 'after'): void
  children(row: T): ReactNode
  /** Redraws the rows when any of these changes: the list caches them. */
  dependencies: readonly unknown[]
}

export function ReorderList<T>(props: ReorderListProps<T>) {
  const { rows, rowId, isEditable } = props
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': String(key) })),
    onReorder: ({ keys, target }) => {
      const [key] = keys
      if (key !== undefined && target.dropPosition !== 'on') {
        props.onPlace(String(key), String(target.key), target.dropPosition)
      }
    },
    renderDropIndicator: (target) => (
      <DropIndicator target={target} className="h-0.5 rounded-full data-drop-target:bg-accent" />
    ),
    isDisabled: !isEditable,
  })
  return (
    <GridList
      aria-label={props.label}
      items={rows.map((row) => ({ id: rowId(row), row }))}
      dependencies={[props.chosenId, isEditable, ...props.dependencies]}
      dragAndDropHooks={dragAndDropHooks}
      keyboardNavigationBehavior="tab"
      onAction={(key) => props.onChoose(String(key))}
      className="flex flex-col gap-1.5"
    >
      {({ id, row }) => (
        <GridListItem
          id={id}
          textValue={props.rowName(row)}
          className={cx(
            'group flex min-h-11 cursor-pointer items-center gap-2 rounded-lg border bg-surface py-1.5 pr-1.5 pl-1 -outline-offset-1!',
            'data-dragging:opacity-50 data-hovered:border-line-strong',
            id === props.chosenId ? 'border-accent' : 'border-line',
          )}
        >
          {isEditable ? (
            <Button
              slot="drag"
              aria-label={props.dragLabel(row)}
              className="grid h-8 w-6 shrink-0 cursor-grab place-items-center rounded-md text-faint data-hovered:text-ink"
            >
              <GripVertical size={15} aria-hidden />
            </Button>
          ) : (
            <span className="w-2" />
          )}
          {props.children(row)}
        </GridListItem>
      )}
    </GridList>
  )
}
