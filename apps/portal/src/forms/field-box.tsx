// A titled group of a generated form: what an object, a list or a map is drawn in.

import { createContext, type ReactNode, useContext, useId } from 'react'
import { Switch } from '../ui/choice.tsx'
import { cx } from '../ui/class-names.ts'

interface FieldBoxProps {
  title: string
  help?: string | undefined
  aside?: ReactNode
  error?: string | undefined
  /** A group that may be off as a whole: its title is the switch. */
  toggle?: { isOn: boolean; onChange(isOn: boolean): void; isDisabled: boolean }
  children: ReactNode
}

/** The heading that a group stands under, if it stands alone there: then it needs no frame, and its title once. */
export const Heading = createContext<string | null>(null)

export function FieldBox({ title, help, aside, error, toggle, children }: FieldBoxProps) {
  const id = useId()
  const heading = useContext(Heading)
  const isTold = heading === title && !toggle
  return (
    <fieldset
      aria-labelledby={id}
      className={cx('flex min-w-0 flex-col gap-3', heading === null && 'rounded-lg border border-line p-3')}
    >
      <div
        className={cx('flex flex-wrap items-baseline justify-between gap-x-3', isTold && !help && 'sr-only')}
      >
        {toggle ? (
          <Switch
            isSelected={toggle.isOn}
            onChange={toggle.onChange}
            isDisabled={toggle.isDisabled}
            help={help}
          >
            <span id={id} className="font-medium">
              {title}
            </span>
          </Switch>
        ) : (
          <span id={id} className={isTold ? 'sr-only' : 'min-w-0 flex-1 text-sm font-medium'}>
            {title}
          </span>
        )}
        {aside && !isTold ? <span className="shrink-0 text-xs text-faint">{aside}</span> : null}
        {help && !toggle ? <span className="basis-full text-sm text-muted">{help}</span> : null}
      </div>
      <Heading value={null}>{children}</Heading>
      {error ? <p className="text-sm text-danger">{error}</p> : null}
    </fieldset>
  )
}
