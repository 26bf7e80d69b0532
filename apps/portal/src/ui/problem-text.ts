// A problem in words: the server's own, or for failures of this side the UI's.

import { useTranslation } from 'react-i18next'
import type { Problem } from '../api/problem.ts'

/** The client's own failures have no server text, so their words come from the catalogue of the UI. */
export function useProblemText(problem: Problem): { title: string; detail: string | undefined } {
  const { t } = useTranslation('common')
  if (problem.code === 'network')
    return { title: t('problem.network.title'), detail: t('problem.network.detail') }
  if (problem.code === 'timeout')
    return { title: t('problem.timeout.title'), detail: t('problem.timeout.detail') }
  if (problem.code === 'unexpected') return { title: t('problem.unexpected.title'), detail: problem.detail }
  return { title: problem.title, detail: problem.detail }
}
