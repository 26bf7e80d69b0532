// ⌘K: go somewhere, do something, or open whatever id was pasted.

import { CornerDownLeft, type LucideIcon, Search } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Autocomplete } from 'react-aria-components/Autocomplete'
import { Dialog } from 'react-aria-components/Dialog'
import { Input } from 'react-aria-components/Input'
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { SearchField } from 'react-aria-components/SearchField'
import { useTranslation } from 'react-i18next'
import { rank } from './fuzzy.ts'

export interface Command {
  id: string
  title: string
  group: string
  keywords?: readonly string[]
  icon?: LucideIcon
  /** Shown at the end, for example "g a". */
  keys?: string
  run(): void
}

export interface CommandPaletteProps {
  isOpen: boolean
  onClose(): void
  commands: readonly Command[]
  /** Commands that the typed text itself makes possible: a pasted id, a search. They come first. */
  fromText?: (text: string) => readonly Command[]
  /** What was typed before the palette could appear; asked for once each time it opens. */
  takeTyped?: () => string
  /** Hears each change of the text: for what only the server can find. */
  onText?: (text: string) => void
}

export function CommandPalette({
  isOpen,
  onClose,
  commands,
  fromText,
  onText,
  takeTyped,
}: CommandPaletteProps) {
  const { t } = useTranslation('common')
  const [text, setText] = useState('')
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (!isOpen) return
    // A frame later the list stands too, and its first entry can follow what is typed.
    const frame = requestAnimationFrame(() => {
      const typed = takeTyped?.()
      if (typed && input.current) typeInto(input.current, typed)
    })
    return () => cancelAnimationFrame(frame)
  }, [isOpen, takeTyped])
  const typed = text.trim()
  const direct = typed ? (fromText?.(typed) ?? []) : []
  const shown = [...direct, ...rank(typed, commands)].slice(0, 40)
  const change = (next: string) => {
    setText(next)
    onText?.(next.trim())
  }
  const close = () => {
    change('')
    onClose()
  }
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) close()
      }}
      isDismissable
      className="fixed inset-0 z-50 flex items-start justify-center bg-scrim p-4 pt-[12vh] max-sm:p-2 max-sm:pt-4"
    >
      <Modal className="w-full max-w-xl animate-pop overflow-hidden rounded-xl bg-raised shadow-pop">
        <Dialog aria-label={t('palette.title')} className="flex max-h-[60dvh] flex-col outline-none">
          <Autocomplete inputValue={text} onInputChange={change}>
            <SearchField
              aria-label={t('palette.title')}
              autoFocus
              className="flex items-center gap-2.5 border-b border-line px-4"
            >
              <Search size={16} aria-hidden className="shrink-0 text-faint" />
              <Input
                ref={input}
                placeholder={t('palette.placeholder')}
                className="h-12 min-w-0 flex-1 bg-transparent text-md outline-none [&::-webkit-search-cancel-button]:hidden"
              />
              <kbd className="rounded-sm border border-line px-1.5 text-2xs text-faint">esc</kbd>
            </SearchField>
            <ListBox
              aria-label={t('palette.results')}
              items={shown.map((command, index) => ({
                id: command.id,
                command,
                isFirst: index === 0 || shown[index - 1]?.group !== command.group,
              }))}
              selectionMode="none"
              onAction={(key) => {
                const command = shown.find((candidate) => candidate.id === key)
                close()
                command?.run()
              }}
              className="min-h-0 flex-1 overflow-y-auto p-1.5 outline-none"
              renderEmptyState={() => (
                <p className="px-3 py-8 text-center text-muted">{t('palette.nothing')}</p>
              )}
            >
              {({ command }) => (
                <ListBoxItem
                  id={command.id}
                  textValue={command.title}
                  className="group flex h-10 items-center gap-2.5 rounded-md px-2.5 outline-none data-focused:bg-hover"
                >
                  {command.icon ? (
                    <command.icon size={16} aria-hidden className="shrink-0 text-muted" />
                  ) : (
                    <span className="w-4" />
                  )}
                  <span className="min-w-0 flex-1 truncate">{command.title}</span>
                  <span className="text-xs text-faint">{command.group}</span>
                  {command.keys ? (
                    <kbd className="rounded-sm border border-line px-1.5 text-2xs text-faint">
                      {command.keys}
                    </kbd>
                  ) : null}
                  <CornerDownLeft
                    size={14}
                    aria-hidden
                    className="invisible text-faint group-data-focused:visible"
                  />
                </ListBoxItem>
              )}
            </ListBox>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

/** As if the person typed it now: the list follows what is typed, and hears of it by these events. */
function typeInto(input: HTMLInputElement, text: string): void {
  const typing = { bubbles: true, inputType: 'insertText', data: text }
  input.dispatchEvent(new InputEvent('beforeinput', typing))
  input.setRangeText(text, 0, input.value.length, 'end')
  input.dispatchEvent(new InputEvent('input', typing))
}
