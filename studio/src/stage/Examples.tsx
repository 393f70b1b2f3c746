// Prompts to begin with. One click fills the form; making it is the big button's.

import { IconPlayerPlay } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useForm } from '../make/form';
import { Button } from '../parts/Button';

const NAMES = ['ball', 'cube', 'cylinder', 'metal'] as const;

export function Examples() {
  const { t } = useTranslation('stage');
  const fill = useForm((form) => form.fill);
  return NAMES.map((name) => (
    <Button
      key={name}
      small
      icon={<IconPlayerPlay size={15} stroke={1.9} aria-hidden />}
      onClick={() => fill({ mode: 'text', prompt: t(`example.${name}Prompt`), remixOf: null })}
    >
      {t(`example.${name}`)}
    </Button>
  ));
}
