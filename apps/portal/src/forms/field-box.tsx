// A titled group of a generated form: what an object, a list or a map is drawn in.

import { type ReactNode, useId } from 'react'

export function FieldBox({
  title,
  help,
  aside,
  error,
  children,
}: {
  title: string
  help?: string
  aside?: ReactNode
  error?: string
  children: ReactNode
}) {
  const id = useId()
  return (
    <fieldset aria-labelledby={id} className="flex min-w-0 flex-col gap-3 rounded-lg border border-line p-3">
      <div className="flex items-baseline justify-between gap-3">
        <div className="flex flex-col">
          <span id={id} className="text-sm font-medium">
            {title}
          </span>
          {help ? <span className="text-sm text-muted">{help}</span> : null}
        </div>
        {aside ? <span className="shrink-0 text-xs text-faint">{aside}</span> : null}
      </div>
      {children}
      {error ? <p className="text-sm text-danger">{error}</p> : null}
    </fieldset>
  )
}
