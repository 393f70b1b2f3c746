import { IconLetterT, IconPhoto, IconPlayerTrackNext, IconSquare, IconViewportWide } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Card } from '../api/types';
import { Segment } from '../parts/Segment';
import { canMake } from './ask';
import { MODES, useForm, type Mode } from './form';
import css from './make.module.css';

const LINE = { size: 17, stroke: 1.7, 'aria-hidden': true } as const;
const ICONS: Record<Mode, React.ReactNode> = {
  text: <IconLetterT {...LINE} />,
  image: <IconPhoto {...LINE} />,
  frames: <IconViewportWide {...LINE} />,
  extend: <IconPlayerTrackNext {...LINE} />,
  still: <IconSquare {...LINE} />,
};

/** What to make from. Switching keeps every value; those that the mode does not use are not sent. */
export function Modes({ card }: { card: Card | undefined }) {
  const { t } = useTranslation('make');
  const { mode, fill } = useForm();
  const choices = MODES.map((value) => ({
    value,
    label: t(`mode.${value}`),
    icon: ICONS[value],
    lacks: canMake(card, value) ? undefined : t('missing.notThisModel'),
  }));
  return (
    <Segment
      className={css.modes}
      label={t('modes')}
      kind="tab"
      panel="composer"
      value={mode}
      choices={choices}
      onChange={(value) => fill({ mode: value, ...(value !== mode && { remixOf: null }) })}
    />
  );
}
