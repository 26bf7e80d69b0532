import { describe, expect, test } from 'vitest'
import { renderMarkdown } from './error-pages.ts'

describe('renderMarkdown', () => {
  test('headings, paragraphs, lists, code and links', () => {
    const text =
      '# Title\n\nA `code` and **more**.\n\n- one\n- two\n  goes on\n\n```json\n{"a": 1}\n```\n\nSee [that](not_found.md).'
    expect(renderMarkdown(text)).toBe(
      [
        '<h1>Title</h1>',
        '<p>A <code>code</code> and <strong>more</strong>.</p>',
        '<ul><li>one</li><li>two\n  goes on</li></ul>',
        '<pre><code>{&#34;a&#34;: 1}</code></pre>',
        '<p>See <a href="not_found">that</a>.</p>',
      ].join('\n'),
    )
  })

  test('markup in the text stays text', () => {
    expect(renderMarkdown('<script>alert(1)</script>')).toBe(
      '<p>&#60;script&#62;alert(1)&#60;/script&#62;</p>',
    )
    expect(renderMarkdown('[x](javascript:alert(1))')).not.toContain('javascript:')
  })

  test('a blank line inside a fence does not end it', () => {
    expect(renderMarkdown('```\na\n\nb\n```')).toBe('<pre><code>a\n\nb</code></pre>')
  })
})
