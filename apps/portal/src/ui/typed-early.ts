// What a person types while the field it is meant for still loads.

/** The text after this key; undefined for a key that is not for text, such as Tab or a shortcut. */
export function withKey(
  text: string,
  { key, ...held }: Pick<KeyboardEvent, 'key' | 'metaKey' | 'ctrlKey' | 'altKey'>,
): string | undefined {
  if (held.metaKey || held.ctrlKey || held.altKey) return undefined
  if (key === 'Backspace') return text.slice(0, -1)
  // Swallowed: it would press whatever has the focus.
  if (key === 'Enter') return text
  return [...key].length === 1 ? text + key : undefined
}

export interface TypedEarly {
  /** The text so far; from now on keys go to the field again. */
  take(): string
}

/** Keeps keys and pastes from the page until they are taken; Escape gives up. */
export function collectTyping(onEscape: () => void): TypedEarly {
  let text = ''
  const over = new AbortController()
  const { signal } = over
  const swallow = (event: Event) => {
    event.preventDefault()
    event.stopPropagation()
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      swallow(event)
      over.abort()
      return onEscape()
    }
    const next = withKey(text, event)
    if (next === undefined) return
    swallow(event)
    text = next
  }
  const onPaste = (event: ClipboardEvent) => {
    swallow(event)
    text += event.clipboardData?.getData('text/plain') ?? ''
  }
  window.addEventListener('keydown', onKey, { capture: true, signal })
  window.addEventListener('paste', onPaste, { capture: true, signal })
  return {
    take() {
      over.abort()
      return text
    },
  }
}
