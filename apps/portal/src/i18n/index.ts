// Text of the UI: one namespace per shell, loaded with it; English is the source of every key and of the key types.

import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type account from './en/account.json'
import type admin from './en/admin.json'
import common from './en/common.json'
import type credentials from './en/credentials.json'
import type developer from './en/developer.json'
import type insights from './en/insights.json'
import type platform from './en/platform.json'
import type security from './en/security.json'
import type signIn from './en/sign-in.json'
import type usage from './en/usage.json'

export interface Texts {
  common: typeof common
  'sign-in': typeof signIn
  account: typeof account
  credentials: typeof credentials
  developer: typeof developer
  admin: typeof admin
  insights: typeof insights
  platform: typeof platform
  security: typeof security
  usage: typeof usage
}

// Fetched as data, not loaded as script.
const files = import.meta.glob<string>(['./*/*.json', '!./en/common.json'], {
  query: '?url',
  import: 'default',
  eager: true,
})

const lazyTexts = {
  type: 'backend' as const,
  init() {},
  read(
    language: string,
    namespace: string,
    done: (error: unknown, texts: Record<string, unknown> | null) => void,
  ) {
    const url = files[`./${language}/${namespace}.json`]
    if (!url) return done(new Error(`no text ${language}/${namespace}`), null)
    fetch(url)
      .then((response) =>
        response.ok ? response.json() : Promise.reject(new Error(`${url}: HTTP ${response.status}`)),
      )
      .then(
        (texts: Record<string, unknown>) => done(null, texts),
        (error: unknown) => done(error, null),
      )
  },
}

export const i18n = i18next
void i18n
  .use(lazyTexts)
  .use(initReactI18next)
  .init({
    lng: 'en',
    fallbackLng: 'en',
    ns: ['common'],
    defaultNS: 'common',
    resources: { en: { common } },
    partialBundledLanguages: true,
    interpolation: { escapeValue: false },
    react: { useSuspense: true },
  })

/** react-aria speaks the language of the UI, not the browser's: it reads this name first. */
function tellReactAria(language: string): void {
  Reflect.set(window, Symbol.for('react-aria.i18n.locale'), language === 'en' ? 'en-US' : language)
}

tellReactAria(i18n.language)

i18n.on('languageChanged', (language) => {
  tellReactAria(language)
  document.documentElement.lang = language
  document.documentElement.dir = i18n.dir(language)
})
