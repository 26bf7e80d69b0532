// A point in time: relative in text, exact on hover and for machines.

import { useFormat } from './format.ts'

export function Time({ at, look = 'ago' }: { at: string; look?: 'ago' | 'date' | 'dateTime' | 'instant' }) {
  const format = useFormat()
  return (
    <time dateTime={at} title={format.dateTime(at)} className="whitespace-nowrap">
      {format[look](at)}
    </time>
  )
}
