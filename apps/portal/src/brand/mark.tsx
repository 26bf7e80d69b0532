// The Gatewright mark: an arch, the gate, closed by the joiner's keystone; used by every shell and the sign-in page.

export const archPath =
  'M4 29V16A12 12 0 0 1 10.7 5.23L12.96 11.42A5.5 5.5 0 0 0 10.5 16V29ZM28 29V16A12 12 0 0 0 21.3 5.23L19.04 11.42A5.5 5.5 0 0 1 21.5 16V29Z'
export const keystonePath = 'M11.1 2.6H20.9L17.7 12.4H14.3Z'

export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
      <path className="fill-brand-arch" d={archPath} />
      <path className="fill-brand-key" d={keystonePath} />
    </svg>
  )
}

export function Wordmark({ size = 24 }: { size?: number }) {
  return (
    <span className="inline-flex items-center gap-2">
      <Mark size={size} />
      <span className="font-semibold tracking-[-0.02em] text-ink" style={{ fontSize: size * 0.68 }}>
        Gatewright
      </span>
    </span>
  )
}
