// A password input that can be shown, with the manager hints browsers look for.

import { Eye, EyeOff } from 'lucide-react'
import { useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { useTranslation } from 'react-i18next'
import { TextField, type TextFieldProps } from '../ui/text-field.tsx'

export function PasswordField(props: Omit<TextFieldProps, 'suffix' | 'type'>) {
  const { t } = useTranslation('sign-in')
  const [shown, setShown] = useState(false)
  const Icon = shown ? EyeOff : Eye
  return (
    <TextField
      {...props}
      type={shown ? 'text' : 'password'}
      suffix={
        <Button
          aria-label={shown ? t('hidePassword') : t('showPassword')}
          aria-pressed={shown}
          onPress={() => setShown(!shown)}
          className="-mr-1.5 grid size-7 place-items-center rounded-md data-hovered:bg-hover"
        >
          <Icon size={16} aria-hidden />
        </Button>
      }
    />
  )
}
