// A tiny line without axes; decoration beside a figure that says the number.

export function Sparkline({
  values,
  width = 96,
  height = 24,
  color = 'var(--series-1)',
}: {
  values: readonly number[]
  width?: number
  height?: number
  color?: string
}) {
  const max = Math.max(...values, 0)
  const min = Math.min(...values, 0)
  const span = max - min || 1
  const step = values.length > 1 ? (width - 2) / (values.length - 1) : 0
  const points = values.map(
    (value, index) => [1 + index * step, height - 2 - ((value - min) / span) * (height - 4)] as const,
  )
  const line = points
    .map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join('')
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
      // Gives way to the figure it stands beside.
      preserveAspectRatio="none"
      className="min-w-0 shrink"
    >
      <path d={`${line}L${width - 1} ${height}L1 ${height}Z`} fill={color} opacity={0.1} />
      <path
        d={line}
        fill="none"
        stroke={color}
        strokeWidth={1.5}
        vectorEffect="non-scaling-stroke"
        strokeLinejoin="round"
        strokeLinecap="round"
      />
    </svg>
  )
}
