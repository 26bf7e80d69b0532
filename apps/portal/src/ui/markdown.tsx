// Markdown of API owners: sanitised, without raw HTML, with links that leave in a new tab. Loaded only where needed.

import ReactMarkdown from 'react-markdown'
import rehypeSanitize from 'rehype-sanitize'
import remarkGfm from 'remark-gfm'
import { ScrollRegion } from './scroll-region.tsx'

export function Markdown({ children }: { children: string }) {
  return (
    <div className="flex flex-col gap-3 break-words [&_a]:font-medium [&_a]:text-accent-text [&_a]:underline [&_a]:underline-offset-4 [&_blockquote]:border-l-2 [&_blockquote]:border-line-strong [&_blockquote]:pl-4 [&_blockquote]:text-muted [&_code]:rounded-sm [&_code]:bg-sunken [&_code]:px-1 [&_h1]:text-lg [&_h1]:font-semibold [&_h2]:text-md [&_h2]:font-semibold [&_h3]:font-semibold [&_img]:max-w-full [&_li]:my-1 [&_ol]:list-decimal [&_ol]:pl-6 [&_pre]:rounded-lg [&_pre]:border [&_pre]:border-line [&_pre]:bg-sunken [&_pre]:p-3 [&_pre_code]:bg-transparent [&_pre_code]:p-0 [&_td]:border-b [&_td]:border-line [&_td]:py-1.5 [&_td]:pr-6 [&_th]:border-b [&_th]:border-line-strong [&_th]:py-1.5 [&_th]:pr-6 [&_th]:text-left [&_ul]:list-disc [&_ul]:pl-6">
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        rehypePlugins={[rehypeSanitize]}
        components={{
          // The page has its own h1 and section heads; the text continues below them.
          h1: ({ children: inner }) => <h3>{inner}</h3>,
          h2: ({ children: inner }) => <h3>{inner}</h3>,
          a: ({ href, children: inner }) => (
            <a href={href} target="_blank" rel="noreferrer nofollow">
              {inner}
            </a>
          ),
          table: ({ children: inner }) => (
            <div className="overflow-x-auto">
              <table className="text-base">{inner}</table>
            </div>
          ),
          pre: ({ children: inner }) => (
            <ScrollRegion label="code" className="overflow-x-auto">
              <pre>{inner}</pre>
            </ScrollRegion>
          ),
        }}
      >
        {children}
      </ReactMarkdown>
    </div>
  )
}
