// A search field that waits 250 ms after typing before it asks the server; one that leaves the page asks no more.

import { useEffect, useRef, useState } from 'react'
import { SearchField } from './text-field.tsx'

interface DelayedSearchProps {
  value: string
  onChange(value: string): void
  placeholder: string
  className?: string
}

export function DelayedSearch({
  value,
  onChange,
  placeholder,
  className = 'w-80 max-sm:w-full',
}: DelayedSearchProps) {
  const [text, setText] = useState(value)
  const [last, setLast] = useState(value)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  if (value !== last) {
    setLast(value)
    if (value !== text) setText(value)
  }
  const send = (next: string, waitMs: number) => {
    clearTimeout(timer.current)
    setText(next)
    timer.current = setTimeout(() => {
      setLast(next)
      onChange(next)
    }, waitMs)
  }
  return (
    <SearchField
      label={placeholder}
      value={text}
      onChange={(next) => send(next, next === '' ? 0 : 250)}
      onSubmit={(next) => send(next, 0)}
      className={className}
    />
  )
}
