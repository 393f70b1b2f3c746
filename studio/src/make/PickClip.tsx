import { Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, call } from '../api/client';
import type { Clip } from '../api/types';
import { local } from '../library/files';
import { frameUrl } from '../library/form';
import { Button } from '../parts/Button';
import { Picture } from '../parts/Picture';
import { Segment } from '../parts/Segment';
import { useForm, type GivenImage } from './form';
import css from './slots.module.css';

interface Props {
  kind: 'image' | 'lastImage' | 'extend' | 'reference';
  onPick?: (image: GivenImage, clip: Clip) => void; // of a reference
  onClose: () => void;
}

/** Choose a clip of the library: to go on with it, or one of its frames. */
export function PickClip({ kind, onPick, onClose }: Props) {
  const { t } = useTranslation('make');
  const { fill, mode } = useForm();
  const [words, setWords] = useState('');
  const [at, setAt] = useState<'first' | 'last'>('last');
  const [settled] = useDebouncedValue(words, 250);
  const found = useInfiniteQuery({
    queryKey: ['library', 'pick', settled],
    initialPageParam: '',
    queryFn: ({ pageParam }) =>
      call(
        api.GET('/v1/library', {
          params: { query: { q: settled, limit: 24, ...(pageParam && { after: pageParam }) } },
        }),
      ),
    getNextPageParam: (last) => (last.has_more ? last.last_id : undefined),
    placeholderData: keepPreviousData,
  });
  const clips = (found.data?.pages ?? [])
    .flatMap((page) => page.data)
    .filter((clip) => kind !== 'extend' || clip.frames > 1);

  const choose = (clip: Clip) => {
    const { width, height, fps } = clip;
    const image = { clipId: clip.id, at, url: frameUrl(clip, at), fps, width, height };
    if (kind === 'reference') onPick?.(image, clip);
    else if (kind !== 'extend') fill({ mode, [kind]: image });
    else {
      const { id: clipId, video_id: videoId, seconds, thumbnail_url: thumbnail } = clip;
      fill({ mode, extend: { clipId, videoId, seconds, width, height, thumbnail } });
    }
    onClose();
  };

  return (
    <Modal
      opened
      onClose={onClose}
      size={760}
      title={t(kind === 'extend' ? 'pick.clip' : 'pick.image')}
      closeButtonProps={{ 'aria-label': t('pick.close') }}
    >
      <div className={css.pickHead}>
        <TextInput
          data-autofocus
          aria-label={t('pick.search')}
          placeholder={t('pick.search')}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          leftSection={<IconSearch size={16} stroke={1.8} aria-hidden />}
          style={{ flex: 1 }}
        />
        {kind !== 'extend' && (
          <Segment
            label={t('pick.which')}
            value={at}
            onChange={setAt}
            choices={[
              { value: 'first', label: t('pick.first') },
              { value: 'last', label: t('pick.last') },
            ]}
          />
        )}
      </div>
      <div className={css.pickGrid}>
        {clips.map((clip) => (
          <button key={clip.id} type="button" className={css.pick} onClick={() => choose(clip)}>
            <Picture
              src={local(clip.thumbnail_url)}
              clip={clip.frames > 1 ? local(clip.url) : null}
              alt={clip.prompt}
              ratio={16 / 9}
            />
            <span>{clip.prompt}</span>
          </button>
        ))}
      </div>
      {found.isSuccess && !clips.length && <p className={css.pickNone}>{t('pick.none')}</p>}
      {found.hasNextPage && (
        <Button kind="quiet" onClick={() => void found.fetchNextPage()}>
          {t('pick.more')}
        </Button>
      )}
    </Modal>
  );
}
