// What mails say: one shape for all of them, as plain text and as HTML that needs no picture and no script.

export interface Letter {
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly button?: { readonly label: string; readonly url: string }
}

export const notices = {
  passwordChanged: {
    subject: 'Your password was changed',
    sentence: 'The password of your account was changed, and every other session was signed out.',
  },
  recoveryCodeUsed: {
    subject: 'A recovery code was used',
    sentence: 'Somebody signed in to your account with one of your recovery codes.',
  },
  factorAdded: {
    subject: 'A second factor was added',
    sentence: 'An authenticator app or a passkey was added to your account.',
  },
  factorRemoved: {
    subject: 'A second factor was removed',
    sentence: 'An authenticator app or a passkey was removed from your account.',
  },
  factorsReset: {
    subject: 'Your second factors were reset',
    sentence: 'A platform admin removed every second factor of your account and signed you out everywhere.',
  },
  providerLinked: {
    subject: 'A new way to sign in',
    sentence: 'An identity provider was used for the first time to sign in to your account.',
  },
} as const
export type Notice = keyof typeof notices

export function noticeLetter(notice: Notice, accountUrl: string): Letter {
  const { subject, sentence } = notices[notice]
  return {
    subject,
    paragraphs: [
      sentence,
      'If that was you, there is nothing to do. If it was not, set a new password, look at your sessions, and tell whoever runs this platform.',
    ],
    button: { label: 'Look at my account', url: accountUrl },
  }
}

export function resetLetter(url: string, { provesAddress }: { provesAddress: boolean }): Letter {
  return {
    subject: 'Set a new password',
    paragraphs: [
      'Somebody asked for a link to set a new password for your account. It is good once, for 30 minutes.',
      ...(provesAddress
        ? [
            'Nobody has proved yet that this address is theirs, and the link does: whoever may have used the account before is put out of it, ' +
              'and the keys of its applications end.',
          ]
        : []),
      'If you did not ask for it, there is nothing to do: without the link nothing changes.',
    ],
    button: { label: 'Set a new password', url },
  }
}

export function providerLetter(provider: string, url: string): Letter {
  return {
    subject: 'How you sign in',
    paragraphs: [
      `Somebody asked for a new password for your account. It has none: you sign in with ${plainName(provider)}.`,
    ],
    button: { label: 'Sign in', url },
  }
}

export function verificationLetter(url: string): Letter {
  return {
    subject: 'Prove that this address is yours',
    paragraphs: [
      'An account was made with this address. Open the link in the browser in which you are signed in to it. It is good for a day.',
      'If you made no account, do nothing: whoever did cannot prove that the address is theirs.',
    ],
    button: { label: 'This is my address', url },
  }
}

export function invitationLetter(invitation: {
  readonly by: string
  readonly tenant: string
  readonly role: string
  readonly url: string
}): Letter {
  return {
    subject: `Invitation to ${plainName(invitation.tenant)}`,
    paragraphs: [
      `${plainName(invitation.by)} invites you to ${plainName(invitation.tenant)} as ${plainName(invitation.role)}. The link is for you alone, and good for 14 days.`,
    ],
    button: { label: 'Accept the invitation', url: invitation.url },
  }
}

/** Names are written by people: what looks like an address in one must not become a link in somebody's mail. */
export const plainName = (name: string) =>
  name
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .replace(/[a-z]+:\/\/|www\./gi, '')
    .replace(/(?<=\w)\.(?=\w)/g, ' ')
    .trim()
    .slice(0, 80)

export function asText({ paragraphs, button }: Letter): string {
  return `${[...paragraphs, ...(button ? [`${button.label}:\n${button.url}`] : [])].join('\n\n')}\n\n-- \nGatewright\n`
}

export function asHtml({ subject, paragraphs, button }: Letter): string {
  const body = paragraphs.map((text) => `<p style="margin:0 0 16px">${escaped(text)}</p>`).join('')
  const link = button
    ? `<p style="margin:24px 0"><a href="${escaped(button.url)}" style="background:#1f4fd8;color:#ffffff;padding:10px 18px;border-radius:8px;` +
      `text-decoration:none;font-weight:600">${escaped(button.label)}</a></p>` +
      `<p style="margin:0 0 16px;color:#5b6472;font-size:13px;word-break:break-all">${escaped(button.url)}</p>`
    : ''
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(subject)}</title></head>` +
    '<body style="margin:0;padding:32px;font:15px/1.5 system-ui,sans-serif;color:#14181f;background:#ffffff">' +
    `<div style="max-width:520px"><h1 style="font-size:20px;margin:0 0 16px">${escaped(subject)}</h1>${body}${link}` +
    '<p style="margin:24px 0 0;color:#5b6472;font-size:13px">Gatewright</p></div></body></html>'
  )
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
