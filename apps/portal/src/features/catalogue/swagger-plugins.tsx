// What swagger-ui shows and what we show instead: its title, servers and authorize parts are ours already, and so is its Markdown.

import { lazy, Suspense } from 'react'

const Markdown = lazy(async () => ({ default: (await import('../../ui/markdown.tsx')).Markdown }))

const Nothing = () => null

const ours = [
  'InfoContainer',
  'ServersContainer',
  'authorizeBtn',
  'AuthorizeBtnContainer',
  'authorizeOperationBtn',
  'SchemesContainer',
  'onlineValidatorBadge',
]

/** Its deep link is an anchor inside a button; the sidebar writes the same address, so the text alone is enough. */
const PathText = ({ text }: { text?: string }) => <span>{text}</span>

/** Its own writes what it made of a description into the page as text, which the policy of the page does not take (ADR 103). */
const Description = ({ source, className = '' }: { source?: unknown; className?: string }) =>
  typeof source === 'string' && source !== '' ? (
    <div className={`renderedMarkdown ${className}`}>
      <Suspense fallback={source}>
        <Markdown>{source}</Markdown>
      </Suspense>
    </div>
  ) : null

const replacements: ReadonlyArray<[string, () => unknown]> = [
  ['Markdown', () => Description],
  ...ours.map((name): [string, () => unknown] => [name, () => Nothing]),
  ['DeepLink', () => PathText],
]

export const plugins = [() => ({ wrapComponents: Object.fromEntries(replacements) })]

/**
 * Names for the controls that swagger-ui 5.35 leaves without one, and a tab stop for its expand arrow
 * (swagger-api/swagger-ui#5248). Runs after each change of its tree; sets an attribute only once.
 */
export function labelControls(root: HTMLElement): void {
  for (const control of root.querySelectorAll<HTMLElement>(
    'textarea:not([aria-label]), select:not([aria-label]), input:not([aria-label])',
  )) {
    const isNamed =
      control instanceof HTMLInputElement && (control.type === 'hidden' || control.labels?.length)
    if (isNamed || (control instanceof HTMLSelectElement && control.labels.length > 0)) continue
    control.setAttribute('aria-label', nameOf(control))
  }
  for (const arrow of root.querySelectorAll<HTMLElement>('button[tabindex="-1"]'))
    arrow.removeAttribute('tabindex')
  for (const box of root.querySelectorAll<HTMLElement>(
    '.microlight, .highlight-code > pre, .opblock-body pre',
  )) {
    if (!box.hasAttribute('tabindex')) box.setAttribute('tabindex', '0')
  }
}

function nameOf(control: HTMLElement): string {
  const row = control.closest('tr')?.querySelector('.parameter__name')?.textContent
  if (row) return row.replace(/\s*\*.*$/, '').trim()
  const section = control.closest('.opblock-section-request-body, .responses-wrapper, .response')
  if (section?.matches('.opblock-section-request-body'))
    return control instanceof HTMLSelectElement ? 'Request content type' : 'Request body'
  if (section) return control instanceof HTMLSelectElement ? 'Response media type' : 'Response'
  return control.getAttribute('placeholder') ?? 'Value'
}
