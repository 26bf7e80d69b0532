// The one box that takes a document: paste an address or the text, drop a file, or choose one.

import { FileUp, Sparkles } from 'lucide-react'
import { type DragEvent, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../../api/problem.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/class-names.ts'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextArea } from '../../ui/text-field.tsx'
import { exampleDocument } from './example-document.ts'
import { type DocumentSource, maxDocumentBytes, sourceOf, sourceOfFile } from './source.ts'

interface SourceBoxProps {
  onSource(source: DocumentSource): void
  isReading: boolean
  problem: unknown
  withExample?: boolean
  /** Stands in the box from the start: the page's link names it. */
  address?: string
}

export function SourceBox({
  onSource,
  isReading,
  problem,
  withExample = false,
  address = '',
}: SourceBoxProps) {
  const { t } = useTranslation('admin')
  const [typed, setTyped] = useState(address)
  const [complaint, setComplaint] = useState<string>()
  const [isOver, setOver] = useState(false)
  const fileInput = useRef<HTMLInputElement>(null)
  const fileId = useId()

  const { line } = problem ? asProblem(problem).extra : { line: undefined }
  const badLine = typeof line === 'number' && sourceOf(typed)?.kind === 'text' ? line : undefined

  const readText = (text: string) => {
    const source = sourceOf(text)
    setComplaint(source ? undefined : t('import.source.empty'))
    if (source) onSource(source)
  }
  const readFile = async (file: File | undefined) => {
    if (!file) return
    if (file.size > maxDocumentBytes) return setComplaint(t('import.source.tooLarge'))
    setComplaint(undefined)
    try {
      onSource(await sourceOfFile(file))
    } catch {
      // It was moved or changed since it was chosen.
      setComplaint(t('import.source.unreadable'))
    }
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    void readFile(event.dataTransfer.files[0])
  }

  return (
    <form
      className={cx(
        'relative flex flex-col gap-4 rounded-xl border bg-surface p-5 transition-colors duration-100',
        isOver ? 'border-accent' : 'border-line',
      )}
      onSubmit={(event) => {
        event.preventDefault()
        readText(typed)
      }}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      onPaste={(event) => {
        // A pasted address or document is read at once: the button is for those who type.
        const text = event.clipboardData.getData('text/plain')
        if (typed.trim() === '' && text.trim() !== '') {
          event.preventDefault()
          setTyped(text)
          readText(text)
        }
      }}
    >
      <TextArea
        label={t('import.source.label')}
        help={t('import.source.help')}
        placeholder={t('import.source.placeholder')}
        error={complaint}
        value={typed}
        onChange={setTyped}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.shiftKey && !typed.includes('\n')) {
            event.preventDefault()
            readText(typed)
          }
        }}
        rows={5}
        mono
        autoFocus
      />
      {isReading ? (
        <p role="status" className="text-sm text-muted">
          {t('import.source.reading')}
        </p>
      ) : (
        <ProblemNote problem={problem} />
      )}
      {badLine !== undefined && !isReading ? <Excerpt text={typed} line={badLine} /> : null}
      <div className="flex flex-wrap items-center gap-2">
        <input
          ref={fileInput}
          id={fileId}
          type="file"
          tabIndex={-1}
          accept=".json,.yaml,.yml,application/json,application/yaml,text/yaml"
          aria-label={t('import.source.choose')}
          className="sr-only"
          onChange={(event) => {
            void readFile(event.target.files?.[0])
            // So that the same file, mended, can be chosen again.
            event.target.value = ''
          }}
        />
        <Button icon={FileUp} onPress={() => fileInput.current?.click()}>
          {t('import.source.choose')}
        </Button>
        {withExample ? (
          <Button variant="quiet" icon={Sparkles} onPress={() => readText(exampleDocument)}>
            {t('import.source.example')}
          </Button>
        ) : null}
        <Button variant="primary" type="submit" isPending={isReading} className="ml-auto max-sm:w-full">
          {t('import.source.read')}
        </Button>
      </div>
      {isOver ? (
        <div className="pointer-events-none absolute inset-0 grid place-items-center rounded-xl bg-accent-soft/95 font-medium text-accent-text">
          {t('import.source.drop')}
        </div>
      ) : null}
    </form>
  )
}

/** The lines around the place that the refusal names. */
function Excerpt({ text, line }: { text: string; line: number }) {
  const first = Math.max(1, line - 2)
  const lines = text.split('\n').slice(first - 1, line + 1)
  return (
    <pre className="overflow-x-auto rounded-lg border border-line bg-sunken py-2 text-sm leading-5">
      {lines.map((content, index) => {
        const number = first + index
        return (
          <div
            key={number}
            className={cx('flex gap-3 px-3', number === line && 'bg-danger-soft text-danger')}
          >
            <span aria-hidden className="tabular w-8 shrink-0 text-right text-faint select-none">
              {number}
            </span>
            <code>{content.slice(0, 400)}</code>
          </div>
        )
      })}
    </pre>
  )
}
