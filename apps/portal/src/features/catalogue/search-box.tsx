// The search of the landing page: a plain input, because this page must be light; asks 250 ms after the last key.

import { Search, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

export function SearchBox({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange(value: string): void
}) {
  const { t } = useTranslation('developer')
  const [text, setText] = useState(value)
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const sent = useRef(value)
  // What was typed just before the page was left must not lead back to it.
  useEffect(() => () => clearTimeout(timer.current), [])
  useEffect(() => {
    // Back and forward change the URL; what this box sent itself does not overwrite newer typing.
    if (value !== sent.current) {
      sent.current = value
      setText(value)
    }
  }, [value])
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const isTyping =
        event.target instanceof HTMLElement && event.target.matches('input,textarea,select,[contenteditable]')
      if (event.key === '/' && !isTyping && !event.metaKey && !event.ctrlKey) {
        event.preventDefault()
        input.current?.focus()
      }
    }
    window.addEventListener('keydown', focus)
    return () => window.removeEventListener('keydown', focus)
  }, [])
  const send = (next: string, waitMs: number) => {
    setText(next)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      sent.current = next
      onChange(next)
    }, waitMs)
  }
  return (
    <search className="relative block w-full max-w-2xl">
      <Search
        size={18}
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-3.5 -translate-y-1/2 text-faint"
      />
      <input
        ref={input}
        type="text"
        inputMode="search"
        enterKeyHint="search"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => send(event.target.value, 250)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') send(text, 0)
          if (event.key === 'Escape' && text) send('', 0)
        }}
        className="h-12 w-full rounded-lg border border-line-strong bg-canvas pr-11 pl-11 text-md hover:border-faint focus:border-accent"
      />
      {text ? (
        <button
          type="button"
          aria-label={t('catalogue.clear')}
          onClick={() => send('', 0)}
          className="absolute top-1/2 right-2.5 grid size-8 -translate-y-1/2 place-items-center rounded-md text-faint hover:bg-hover hover:text-ink"
        >
          <X size={16} aria-hidden />
        </button>
      ) : (
        <kbd className="absolute top-1/2 right-3.5 -translate-y-1/2 rounded-sm border border-line px-1.5 text-xs text-faint max-sm:hidden">
          /
        </kbd>
      )}
    </search>
  )
}
