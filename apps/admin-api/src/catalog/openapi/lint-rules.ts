// The lint rules (F9): each says what it looks at, how much it weighs in the score, and what is wrong where.
import type { ImportedDocument, ImportedOperation } from './imported-document.ts'
import { entriesAt, isObject, listAt, objectAt, own, textAt } from './json.ts'
import { majorityCase, wordCase } from './naming.ts'
import { at } from './pointer.ts'

/** One thing a rule looked at: sound where `problem` is absent. `pointer` is one of `document.document`. */
interface Checked {
  pointer: string
  problem?: string
}

export interface LintRule {
  id: string
  title: string
  /** 3: clients or generated code suffer; 2: readers of the docs suffer; 1: tidiness. */
  weight: 1 | 2 | 3
  check(document: ImportedDocument): Checked[]
}

function verdict(pointer: string, sound: boolean, problem: string): Checked {
  return sound ? { pointer } : { pointer, problem }
}

function eachOperation(judge: (operation: ImportedOperation) => Checked): LintRule['check'] {
  return (document) => document.operations.map(judge)
}

function filled(value: string | null | undefined): boolean {
  return value !== null && value !== undefined && value.trim() !== ''
}

export const LINT_RULES: readonly LintRule[] = [
  {
    id: 'info-description',
    title: 'The API says what it is for',
    weight: 2,
    check: ({ info }) => [
      verdict('/info', filled(info.description) || filled(info.summary), 'The API has no description'),
    ],
  },
  {
    id: 'info-contact',
    title: 'The API names a contact',
    weight: 1,
    check: ({ document }) => {
      const contact = objectAt(own(document, 'info'), 'contact')
      const named = ['email', 'url', 'name'].some((key) => filled(textAt(contact, key)))
      return [verdict('/info', named, 'The API names no contact')]
    },
  },
  {
    id: 'operation-id',
    title: 'Every operation has an operationId',
    weight: 3,
    check: eachOperation((one) =>
      verdict(one.pointer, filled(one.operationId), `${one.key} has no operationId`),
    ),
  },
  {
    id: 'operation-id-unique',
    title: 'Every operationId is used once',
    weight: 3,
    check: ({ operations }) => {
      const seen = new Set<string>()
      return operations.flatMap(({ operationId, pointer }) => {
        if (operationId === null) return []
        const sound = seen.size !== seen.add(operationId).size
        return [verdict(`${pointer}/operationId`, sound, `The operationId "${operationId}" is used before`)]
      })
    },
  },
  {
    id: 'operation-id-case',
    title: 'OperationIds are written in one way',
    weight: 1,
    check: ({ operations }) => {
      const names = operations.flatMap(({ operationId, pointer }) => {
        return operationId === null ? [] : [{ name: operationId, pointer: `${pointer}/operationId` }]
      })
      return consistent(names, 'operationId')
    },
  },
  {
    id: 'operation-summary',
    title: 'Every operation has a summary of at most 120 characters',
    weight: 2,
    check: eachOperation(({ summary, pointer, key }) => {
      if (!filled(summary)) return { pointer, problem: `${key} has no summary` }
      return verdict(
        pointer,
        (summary ?? '').length <= 120,
        `The summary of ${key} is longer than 120 characters`,
      )
    }),
  },
  {
    id: 'operation-description',
    title: 'Every operation has a description',
    weight: 1,
    check: eachOperation((one) =>
      verdict(one.pointer, filled(one.description), `${one.key} has no description`),
    ),
  },
  {
    id: 'operation-tags',
    title: 'Every operation has a tag',
    weight: 2,
    check: eachOperation((one) => verdict(one.pointer, one.tags.length > 0, `${one.key} has no tag`)),
  },
  {
    id: 'operation-success',
    title: 'Every operation states a success response',
    weight: 3,
    check: eachOperation(({ responses, pointer, key }) => {
      const stated = responses.some(({ status }) => /^[123]/.test(status) || status === 'default')
      return verdict(pointer, stated, `${key} states no success response`)
    }),
  },
  {
    id: 'operation-errors',
    title: 'Every operation states an error response',
    weight: 2,
    check: eachOperation(({ responses, pointer, key }) => {
      const stated = responses.some(({ status }) => /^[45]/.test(status) || status === 'default')
      return verdict(pointer, stated, `${key} states no error response`)
    }),
  },
  {
    id: 'operation-security',
    title: 'Every operation says whether it needs credentials',
    weight: 2,
    check: eachOperation((one) => {
      return verdict(
        one.pointer,
        one.security.from !== 'none',
        `${one.key} does not say which credentials it needs`,
      )
    }),
  },
  {
    id: 'response-example',
    title: 'Success responses with content have an example',
    weight: 1,
    check: ({ operations }) => {
      return operations.flatMap(({ responses, pointer }) => {
        return responses
          .filter(({ status, content }) => status.startsWith('2') && content.length > 0)
          .map(({ status, content }) => {
            const stated = content.some((media) =>
              media.examples.some((example) => example.source !== 'generated'),
            )
            return verdict(at(pointer, 'responses', status), stated, `The response ${status} has no example`)
          })
      })
    },
  },
  {
    id: 'parameter-description',
    title: 'Every parameter has a description',
    weight: 2,
    check: ({ operations }) => {
      const all = new Map(operations.flatMap(({ parameters }) => parameters.map((one) => [one.pointer, one])))
      return [...all.values()].map(({ pointer, description, name }) => {
        return verdict(pointer, filled(description), `The parameter "${name}" has no description`)
      })
    },
  },
  {
    id: 'parameter-case',
    title: 'Query and path parameters are written in one way',
    weight: 1,
    check: ({ operations }) => {
      const all = operations.flatMap(({ parameters }) => parameters)
      const named = all.filter((one) => one.in === 'query' || one.in === 'path')
      // `filter[name]` and `page.size` are grammars of their own; their first word is what is compared.
      const names = new Map(
        named.map(({ name, pointer }) => [pointer, { name: name.split(/[[.]/)[0] ?? name, pointer }]),
      )
      return consistent([...names.values()], 'parameter')
    },
  },
  {
    id: 'path-case',
    title: 'Path segments are written in one way',
    weight: 1,
    check: ({ operations }) => {
      const paths = [...new Map(operations.map((one) => [one.path, one])).values()]
      const segments = paths.flatMap(({ path, pointer }) => {
        const fixed = path.split('/').filter((part) => part !== '' && !/[{}.:]/.test(part))
        return fixed.map((name) => ({ name, pointer: pointer.split('/').slice(0, 3).join('/') }))
      })
      return consistent(segments, 'path segment')
    },
  },
  {
    id: 'path-slash',
    title: 'Paths have no trailing and no double slash',
    weight: 2,
    check: ({ operations }) => {
      const paths = [...new Map(operations.map((one) => [one.path, one])).values()]
      return paths.map(({ path, pointer }) => {
        const sound = path === '/' || !/\/$|\/\//.test(path)
        return verdict(
          pointer.split('/').slice(0, 3).join('/'),
          sound,
          `The path "${path}" has a trailing or double slash`,
        )
      })
    },
  },
  {
    id: 'schema-property-case',
    title: 'Properties of schemas are written in one way',
    weight: 1,
    check: ({ document }) => {
      const names = entriesAt(objectAt(document, 'components'), 'schemas').flatMap(([schema, value]) => {
        return entriesAt(value, 'properties').map(([name]) => {
          return { name, pointer: at('/components/schemas', schema, 'properties', name) }
        })
      })
      return consistent(names, 'property')
    },
  },
  {
    id: 'schema-description',
    title: 'Every shared schema has a description or title',
    weight: 1,
    check: ({ document }) => {
      return entriesAt(objectAt(document, 'components'), 'schemas').map(([name, schema]) => {
        const sound = filled(textAt(schema, 'description')) || filled(textAt(schema, 'title'))
        return verdict(at('/components/schemas', name), sound, `The schema "${name}" has no description`)
      })
    },
  },
  {
    id: 'tag-declared',
    title: 'Every tag is declared with a description',
    weight: 1,
    check: ({ operations, tags }) => {
      const declared = new Map(tags.map((tag) => [tag.name, tag]))
      const users = new Map(
        operations.flatMap(({ tags: names, pointer }) => names.map((name) => [name, pointer])),
      )
      return [...users].map(([name, pointer]) => {
        const tag = declared.get(name)
        if (!tag) return { pointer, problem: `The tag "${name}" is not declared` }
        return verdict(
          '/tags',
          filled(tag.description) || filled(tag.summary),
          `The tag "${name}" has no description`,
        )
      })
    },
  },
  {
    id: 'server-https',
    title: 'Every server uses https',
    weight: 3,
    check: ({ servers, document }) => {
      const stated = listAt(document, 'servers').filter(isObject).length > 0 ? '/servers' : ''
      return servers
        .filter((server) => server.absolute)
        .map(({ url }) => verdict(stated, url.startsWith('https:'), `The server ${url} does not use https`))
    },
  },
]

/** Judges names by the way most of them are written; one word alone fits every way. */
function consistent(names: { name: string; pointer: string }[], what: string): Checked[] {
  const usual = majorityCase(names.map(({ name }) => name))
  return names.map(({ name, pointer }) => {
    const written = wordCase(name)
    const sound = usual === null || written === null || written === usual
    return verdict(pointer, sound, `The ${what} "${name}" is ${written}; most are ${usual}`)
  })
}
