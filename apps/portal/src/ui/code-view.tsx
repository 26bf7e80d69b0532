// A whole document to read: highlighted, searchable, with line numbers, fast also for megabytes. Load it lazily.

import { json } from '@codemirror/lang-json'
import { yaml } from '@codemirror/lang-yaml'
import { foldGutter, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { EditorState, StateEffect, StateField } from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'
import { useIsDark } from './theme.ts'

export interface CodeViewProps {
  text: string
  language: 'json' | 'yaml'
  /** Names the region for screen readers. */
  label: string
  /** Scrolled to and marked, from 1. */
  line?: number | undefined
  height?: string
}

const mark = StateEffect.define<number>()
const markedLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(old, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(mark))
        return Decoration.set([Decoration.line({ class: 'cm-marked' }).range(effect.value)])
    }
    return old
  },
  provide: (field) => EditorView.decorations.from(field),
})

// The tokens of the app, so that both themes fit without a second style sheet.
const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent-text)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--success)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--info)' },
  { tag: tags.comment, color: 'var(--faint)', fontStyle: 'italic' },
  { tag: [tags.punctuation, tags.bracket, tags.separator], color: 'var(--muted)' },
])

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '0.8125rem', backgroundColor: 'var(--surface)', color: 'var(--ink)' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.25rem', overflow: 'auto' },
  '.cm-content': { padding: '8px 0' },
  '.cm-gutters': {
    backgroundColor: 'var(--sunken)',
    color: 'var(--faint)',
    border: '0',
    borderRight: '1px solid var(--line)',
  },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 8px 0 12px' },
  '.cm-foldGutter .cm-gutterElement': { padding: '0 4px' },
  '.cm-foldPlaceholder': {
    backgroundColor: 'var(--hover)',
    border: '1px solid var(--line)',
    color: 'var(--muted)',
    padding: '0 4px',
  },
  '.cm-marked': { backgroundColor: 'var(--warning-soft)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft) !important',
  },
  '.cm-selectionMatch': { backgroundColor: 'var(--accent-soft)' },
  '.cm-searchMatch': { backgroundColor: 'var(--warning-soft)', outline: '1px solid var(--warning-line)' },
  '.cm-panels': { backgroundColor: 'var(--sunken)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-panel.cm-search': { padding: '8px', fontFamily: 'var(--font-sans)' },
  '.cm-panel.cm-search input.cm-textfield': {
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
    padding: '2px 8px',
    fontSize: '0.8125rem',
  },
  '.cm-panel.cm-search .cm-button': {
    backgroundColor: 'var(--surface)',
    backgroundImage: 'none',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
    fontSize: '0.8125rem',
  },
})

export default function CodeView({ text, language, label, line, height = '32rem' }: CodeViewProps) {
  const frame = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const isDark = useIsDark()

  useEffect(() => {
    if (!frame.current) return
    const editor = new EditorView({
      parent: frame.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          foldGutter(),
          drawSelection(),
          highlightSelectionMatches(),
          search({ top: true }),
          keymap.of(searchKeymap),
          language === 'json' ? json() : yaml(),
          syntaxHighlighting(colours),
          markedLine,
          look,
          EditorView.darkTheme.of(isDark),
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          // Not editable, yet it takes focus, so that it scrolls and searches by keyboard.
          EditorView.contentAttributes.of({
            tabindex: '0',
            'aria-label': label,
            'aria-readonly': 'true',
          }),
        ],
      }),
    })
    view.current = editor
    return () => editor.destroy()
  }, [text, language, label, isDark])

  useEffect(() => {
    const editor = view.current
    if (!editor || line === undefined || line < 1 || line > editor.state.doc.lines) return
    const { from } = editor.state.doc.line(line)
    editor.dispatch({ effects: [mark.of(from), EditorView.scrollIntoView(from, { y: 'center' })] })
  }, [line])

  return (
    <div ref={frame} style={{ height }} className="min-w-0 overflow-hidden rounded-lg border border-line" />
  )
}
