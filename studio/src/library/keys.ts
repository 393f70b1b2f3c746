// The letters that act on the one clip that is open or shown.

import { useTranslation } from 'react-i18next';
import type { Clip } from '../api/types';
import { useShortcut } from '../shell/shortcuts';
import { download, useClipActions } from './actions';
import { useClipGo } from './go';
import { useMarks } from './marks';
import type { Playing } from './player';

export function useClipKeys(clip: Clip | undefined) {
  const { t } = useTranslation('library');
  const { favourite, trash } = useClipActions();
  const { mark, choose } = useMarks();
  const go = useClipGo();
  const here = !!clip && !clip.trashed_at;
  useShortcut('f', () => favourite([clip!], !clip!.favourite), t('action.favourite'), here);
  useShortcut('e', () => go.extend(clip!), t('action.extend'), here && clip.seconds > 0);
  useShortcut('r', () => void go.remix(clip!), t('action.remix'), here);
  useShortcut('l', () => go.frame(clip!), t('action.lastFrame'), here);
  useShortcut('c', () => mark(clip!), t('action.compare'), here);
  useShortcut('d', () => download(clip!), t('action.download'), here);
  useShortcut('x', () => choose(clip!), t('action.select'), !!clip);
  useShortcut('del', () => trash([clip!]), t('action.trash'), here);
}

export function usePlayKeys({ toggle, step }: Playing, on: boolean) {
  const { t } = useTranslation('library');
  useShortcut('space', toggle, t('keys.play'), on);
  useShortcut('left', () => step(-1), t('keys.frames'), on);
  useShortcut('right', () => step(1), '', on);
}
