// All clips of the account: search, filters, the grid, one clip beside it, two compared below it. What is looked for
// stands in the address.

import { useDocumentTitle, useMediaQuery } from '@mantine/hooks';
import { Drawer } from '@mantine/core';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import type { Clip } from '../api/types';
import { PageHead } from '../parts/PageHead';
import { bytes } from '../parts/time';
import { useShortcut } from '../shell/shortcuts';
import { CompareDock } from './CompareDock';
import { Filters } from './Filters';
import { Found } from './Found';
import { useClips, useCount, useNear } from './hooks';
import { Inspector } from './Inspector';
import { useClipKeys } from './keys';
import css from './library.module.css';
import { useMarks } from './marks';
import { EVERYTHING, fromAddress, type Query, toAddress } from './query';
import { RestoreButton } from './RestoreButton';
import { SearchBar } from './SearchBar';
import { SelectBar } from './SelectBar';

export default function LibraryPage() {
  const { t } = useTranslation('library');
  useDocumentTitle(`${t('title')} · Vitascope`);
  const { clipId } = useParams();
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const query = useMemo(() => fromAddress(search), [search]);
  const clips = useClips(query);
  const shown = useMemo(() => clips.data?.pages.flatMap((page) => page.data) ?? [], [clips.data]);
  const searched = query.words.trim() !== '' || query.tokens.length > 0;
  const near = useNear(query, searched && query.filter !== 'trash');
  const nearby = useMemo(
    () => (searched ? (near.data?.data ?? []).filter((clip) => !shown.some((one) => one.id === clip.id)) : []),
    [near.data, searched, shown],
  );
  const kept = useCount(EVERYTHING).data;
  const found = useCount(query).data;
  const wide = useMediaQuery('(min-width: 1280px)', true, { getInitialValueInEffect: false });
  const { pair, none } = useMarks();

  const address = (id: string | undefined, to: Query = query) => {
    const text = toAddress(to).toString();
    return `/library${id ? `/${id}` : ''}${text ? `?${text}` : ''}`;
  };
  const ask = (to: Query) => {
    if (to.filter !== query.filter) none();
    void navigate(address(clipId, to), { replace: true });
  };
  const open = (clip: Clip) => void navigate(address(clip.id), { replace: !!clipId });
  const close = () => void navigate(address(undefined), { replace: true });
  const all = useMemo(() => [...shown, ...nearby], [shown, nearby]);
  const current = all.find((clip) => clip.id === clipId);
  useGridKeys(all, clipId, open, close);
  useClipKeys(current);
  useEffect(() => none, [none]);

  const panel = clipId ? <Inspector id={clipId} known={current} keys={pair.length < 2} onClose={close} /> : null;
  return (
    <div className={css.page} data-open={(wide && !!clipId) || undefined}>
      <main className={css.main}>
        <PageHead title={t('title')} meta={kept && `${t('count', { count: kept.found })} · ${bytes(kept.found_bytes)}`}>
          <RestoreButton />
        </PageHead>
        <SearchBar query={query} found={found?.found ?? null} onChange={ask} />
        <Filters query={query} onChange={ask} />
        <Found
          query={query}
          clips={clips}
          shown={shown}
          total={found?.found}
          nearby={nearby}
          current={clipId}
          onOpen={open}
        />
        <SelectBar shown={shown} trashed={query.filter === 'trash'} />
        <CompareDock />
      </main>
      {wide ? (
        panel && (
          <aside className={css.aside} aria-label={t('inspector.title')}>
            {panel}
          </aside>
        )
      ) : (
        <Drawer
          opened={!!panel}
          onClose={close}
          position="right"
          size={420}
          withCloseButton={false}
          padding={0}
          attributes={{ content: { 'aria-label': t('inspector.title') } }}
        >
          {panel}
        </Drawer>
      )}
    </div>
  );
}

/** J and K, Enter and Escape: through the clips in the order in which they stand. */
function useGridKeys(clips: Clip[], id: string | undefined, open: (clip: Clip) => void, close: () => void) {
  const { t } = useTranslation('library');
  const last = useRef(-1);
  const at = clips.findIndex((clip) => clip.id === id);
  useEffect(() => {
    if (at >= 0) last.current = at;
  }, [at]);
  const go = (way: number) => {
    const from = at >= 0 ? at : way > 0 ? last.current - 1 : last.current + 1;
    const next = clips[Math.min(clips.length - 1, Math.max(0, from + way))];
    if (!next) return;
    open(next);
  };
  useShortcut('j', () => go(1), t('keys.next'));
  useShortcut('k', () => go(-1), t('keys.previous'));
  useShortcut('esc', close, t('keys.close'), !!id);
}
