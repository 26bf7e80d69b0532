// Tooltip: names an icon or explains a figure; never the only place for something needed.

import type { ReactElement } from 'react'
import { Focusable } from 'react-aria-components/Focusable'
import { Tooltip as AriaTooltip, TooltipTrigger } from 'react-aria-components/Tooltip'

export function Tooltip({ text, children }: { text: string; children: ReactElement }) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      {children}
      <AriaTooltip
        offset={6}
        className="max-w-72 animate-fade rounded-md bg-ink px-2 py-1 text-xs text-canvas shadow-pop"
      >
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  )
}

/** For text that is not itself a control: a dotted underline that takes focus. */
export function Explained({ text, children }: { text: string; children: string }) {
  return (
    <Tooltip text={text}>
      <Focusable>
        <span
          // biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users must be able to read the explanation
          tabIndex={0}
          role="note"
          className="cursor-help decoration-line-strong decoration-dotted underline underline-offset-4"
        >
          {children}
        </span>
      </Focusable>
    </Tooltip>
  )
}
