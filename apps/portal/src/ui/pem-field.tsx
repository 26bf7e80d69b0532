// A field for PEM: pasted, or read from a file that somebody chooses.

import { FileUp } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './button.tsx'
import { TextArea } from './text-field.tsx'

/** More is no certificate and no key, whatever it is. */
const bytesMax = 100_000

export interface PemFieldProps {
  label: string
  help?: string
  placeholder?: string
  value: string
  onChange(value: string): void
  isRequired?: boolean
}

export function PemField({ label, help, placeholder, value, onChange, isRequired = false }: PemFieldProps) {
  const { t } = useTranslation('common')
  const input = useRef<HTMLInputElement>(null)
  const [complaint, setComplaint] = useState<string>()
  const read = async (file: File | undefined) => {
    if (!file) return
    if (file.size > bytesMax) return setComplaint(t('pem.tooLarge'))
    try {
      const text = await file.text()
      setComplaint(undefined)
      onChange(text)
    } catch {
      // It was moved or changed since it was chosen.
      setComplaint(t('pem.unreadable'))
    }
  }
  return (
    <div className="flex flex-col items-start gap-2">
      <TextArea
        className="w-full"
        label={label}
        help={help}
        error={complaint}
        placeholder={placeholder ?? '-----BEGIN CERTIFICATE-----'}
        rows={5}
        mono
        isRequired={isRequired}
        value={value}
        onChange={(text) => {
          setComplaint(undefined)
          onChange(text)
        }}
      />
      <input
        ref={input}
        type="file"
        hidden
        aria-hidden
        tabIndex={-1}
        accept=".pem,.crt,.cer,.key,.pub"
        onChange={(event) => {
          void read(event.target.files?.[0])
          // The same file may be chosen again.
          event.target.value = ''
        }}
      />
      <Button
        size="sm"
        icon={FileUp}
        aria-label={t('pem.chooseFor', { label })}
        onPress={() => input.current?.click()}
      >
        {t('pem.choose')}
      </Button>
    </div>
  )
}
