// Two texts as one, what goes and what comes in colour; long stretches that stay are folded. Load it lazily.

import { json } from '@codemirror/lang-json'
import { yaml } from '@codemirror/lang-yaml'
import { unifiedMergeView } from '@codemirror/merge'
import { EditorState } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { useIsDark } from './theme.ts'

interface DiffViewProps {
  before: string
  after: string
  language: 'json' | 'yaml'
  /** Names the region for screen readers. */
  label: string
  height?: string
}

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '0.8125rem', backgroundColor: 'var(--surface)', color: 'var(--ink)' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.25rem', overflow: 'auto' },
  '.cm-gutters': {
    backgroundColor: 'var(--sunken)',
    color: 'var(--faint)',
    border: '0',
    borderRight: '1px solid var(--line)',
  },
  '.cm-changedLine': { backgroundColor: 'var(--success-soft) !important' },
  '.cm-changedText': { background: 'none !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--danger-soft) !important' },
  '.cm-deletedChunk .cm-deletedText': { background: 'none !important' },
  '.cm-collapsedLines::before, .cm-collapsedLines::after': { content: 'none !important' },
  '.cm-collapsedLines': {
    background: 'var(--sunken) !important',
    color: 'var(--muted)',
    padding: '2px 12px',
  },
})

export default function DiffView({ before, after, language, label, height = '24rem' }: DiffViewProps) {
  const holder = useRef<HTMLDivElement>(null)
  const isDark = useIsDark()
  useEffect(() => {
    if (!holder.current) return
    const view = new EditorView({
      parent: holder.current,
      state: EditorState.create({
        doc: after,
        extensions: [
          lineNumbers(),
          language === 'json' ? json() : yaml(),
          look,
          EditorView.darkTheme.of(isDark),
          EditorState.readOnly.of(true),
          EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true' }),
          unifiedMergeView({
            original: before,
            mergeControls: false,
            highlightChanges: false,
            gutter: true,
            collapseUnchanged: { margin: 3, minSize: 6 },
            // Texts of megabytes are compared by the line soon enough.
            diffConfig: { scanLimit: 2_000, timeout: 500 },
          }),
        ],
      }),
    })
    return () => view.destroy()
  }, [before, after, language, label, isDark])
  return <div ref={holder} className="overflow-hidden rounded-lg border border-line" style={{ height }} />
}
