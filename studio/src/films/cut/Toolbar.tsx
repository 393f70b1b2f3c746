// The tools above the timeline, the menu with every act and its key, and how far one looks.
import { Menu } from '@mantine/core';
import {
  IconArrowBarToLeft,
  IconArrowsHorizontal,
  IconDots,
  IconList,
  IconMagnet,
  IconPointer,
  IconScissors,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../parts/Button';
import { Chip } from '../../parts/Chip';
import { Keys } from '../../shell/Help';
import type { Acts } from './acts';
import { setDesk, useDesk } from './desk';
import css from './cut.module.css';
import { items, labels } from './timeline';
import type { Work } from './useCut';
import { ACTS, type Act } from './keys';

interface Props {
  work: Work;
  acts: Acts;
  run: (act: Act) => void;
}

export function Toolbar({ work, acts, run }: Props) {
  const { t } = useTranslation('filmcut');
  const { slip, snap, close, list, chosen, zoom } = useDesk();
  const piece = chosen?.kind === 'piece' ? work.all.find((one) => one.id === chosen.id) : undefined;
  const cut = work.document.cut ?? {};
  const shown = new Set(items(work.document).map((item) => item.shot));
  const left = (cut.left_out ?? []).filter((shot) => !shown.has(shot) && work.document.shots?.[shot]);
  const named = labels(work.document);
  return (
    <div className={css.tools} role="toolbar" aria-label={t('tools')}>
      <IconButton small label={t('tool.select')} aria-pressed={!slip} onClick={() => setDesk({ slip: false })}>
        <IconPointer size={18} stroke={1.7} aria-hidden />
      </IconButton>
      <IconButton small label={t('tool.slip')} aria-pressed={slip} onClick={() => setDesk({ slip: !slip })}>
        <IconArrowsHorizontal size={18} stroke={1.7} aria-hidden />
      </IconButton>
      <IconButton small label={t('keys.split')} onClick={acts.split}>
        <IconScissors size={18} stroke={1.7} aria-hidden />
      </IconButton>
      <Menu position="top-start" width={280}>
        <Menu.Target>
          <IconButton small label={t('allActs')}>
            <IconDots size={18} stroke={1.7} aria-hidden />
          </IconButton>
        </Menu.Target>
        <Menu.Dropdown>
          {ACTS.map(({ act, keys }) => (
            <Menu.Item key={act} onClick={() => run(act)} rightSection={<Keys keys={keys[0]} />}>
              {t(`keys.${act}`)}
            </Menu.Item>
          ))}
          {left.length > 0 && <Menu.Label>{t('leftOut')}</Menu.Label>}
          {left.map((shot) => (
            <Menu.Item key={shot} onClick={() => acts.bringBack(shot)}>
              {t('bringBack', { label: named[shot] })}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <span className={css.line} />
      <Chip on={snap} icon={<IconMagnet size={17} stroke={1.7} aria-hidden />} onClick={() => setDesk({ snap: !snap })}>
        {t('snap')}
      </Chip>
      <Chip
        on={close}
        icon={<IconArrowBarToLeft size={17} stroke={1.7} aria-hidden />}
        onClick={() => setDesk({ close: !close })}
      >
        {t('closeGaps')}
      </Chip>
      <span className={css.told}>{piece && t('selected', { label: piece.label })}</span>
      <Chip on={list} icon={<IconList size={17} stroke={1.7} aria-hidden />} onClick={() => setDesk({ list: !list })}>
        {t('asList')}
      </Chip>
      <label className={css.zoom}>
        <span>{t('all')}</span>
        <input
          type="range"
          min={0}
          max={1}
          step={0.01}
          value={zoom}
          style={{ '--at': `${zoom * 100}%` } as React.CSSProperties}
          onChange={(event) => setDesk({ zoom: Number(event.currentTarget.value) })}
          aria-label={t('zoom')}
          disabled={list}
        />
        <span>{t('frames')}</span>
      </label>
    </div>
  );
}
