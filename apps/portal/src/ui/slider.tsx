// A share from 0 to 100 that is set by hand: a track, a thumb, and the arrow keys.

import { Label } from 'react-aria-components/Label'
import { Slider as AriaSlider, SliderThumb, SliderTrack } from 'react-aria-components/Slider'
import { cx } from './class-names.ts'

interface SliderProps {
  /** Spoken; what is beside it shows the name. */
  label: string
  value: number
  onChange(value: number): void
  /** Of what is filled: a series colour such as var(--series-1). */
  color: string
  step?: number
  isDisabled?: boolean
  className?: string
}

export function ShareSlider({
  label,
  value,
  onChange,
  color,
  step = 1,
  isDisabled = false,
  className,
}: SliderProps) {
  return (
    <AriaSlider
      value={value}
      onChange={(next) => onChange(Array.isArray(next) ? (next[0] ?? 0) : next)}
      minValue={0}
      maxValue={100}
      step={step}
      isDisabled={isDisabled}
      formatOptions={{ style: 'unit', unit: 'percent', maximumFractionDigits: 1 }}
      className={cx('flex min-w-0 items-center data-disabled:opacity-60', className)}
    >
      <Label className="sr-only">{label}</Label>
      {/* The thumb's middle stays inside the track, so the track is as much shorter as the thumb is wide. */}
      <SliderTrack className="relative mx-2.5 h-6 w-full cursor-pointer data-disabled:cursor-default">
        <span className="absolute top-2.5 -right-2.5 -left-2.5 h-1 rounded-full bg-line-strong" />
        <span
          className="absolute top-2.5 -left-2.5 h-1 rounded-full"
          style={{ width: `calc(${value}% + 0.625rem)`, background: color }}
        />
        <SliderThumb className="top-3 grid size-6 place-items-center rounded-full outline-none data-focus-visible:outline-2 data-focus-visible:outline-accent">
          <span className="size-4 rounded-full border-2 bg-surface" style={{ borderColor: color }} />
        </SliderThumb>
      </SliderTrack>
    </AriaSlider>
  )
}
