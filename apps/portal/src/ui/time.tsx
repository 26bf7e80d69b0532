// A point in time: relative in text, exact on hover and for machines.

import { useFormat } from './format.ts'
import { useTick } from './tick.ts'

interface TimeProps {
  /** RFC 3339. */
  at: string
  look?: 'ago' | 'date' | 'dateTime' | 'instant'
}

export function Time({ at, look = 'ago' }: TimeProps) {
  const format = useFormat()
  return (
    <time dateTime={at} title={format.dateTime(at)} className="whitespace-nowrap">
      {look === 'ago' ? <Ago at={at} /> : format[look](at)}
    </time>
  )
}

function Ago({ at }: { at: string }) {
  useTick()
  return useFormat().ago(at)
}
