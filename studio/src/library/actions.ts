// What can be done with clips. Everything that can be undone is done at once and offers Undo.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call, told } from '../api/client';
import { address } from '../api/root';
import type { Clip } from '../api/types';
import { useToast } from '../parts/toast';

interface Changes {
  favourite?: boolean;
  project_id?: string | null;
  trash?: boolean;
  add_tags?: string[];
}

/** One change to several clips, after which all that shows clips is asked anew. */
function useChange() {
  const toast = useToast();
  const cache = useQueryClient();
  const renew = () => {
    void cache.invalidateQueries({ queryKey: ['library'] });
    void cache.invalidateQueries({ queryKey: ['videos'] });
  };
  const change = useMutation({
    mutationFn: ({ ids, ...changes }: Changes & { ids: string[] }) =>
      call(api.POST('/v1/library/change', { body: { ids, add_tags: [], ...changes } })),
    onSettled: renew,
    onError: (error) => toast(told(error), { tone: 'bad' }),
  });
  return { change, renew };
}

/** The heart alone, which every card has: the rest of the actions would be made anew for each. */
export function useFavourite() {
  const { change } = useChange();
  return (clips: Clip[], on: boolean) => change.mutate({ ids: ids(clips), favourite: on });
}

export function useClipActions() {
  const { t } = useTranslation('library');
  const toast = useToast();
  const { change, renew } = useChange();
  const undo = (run: () => void) => ({ action: { label: t('undo'), run } });
  const favourite = (clips: Clip[], on: boolean) => change.mutate({ ids: ids(clips), favourite: on });

  const trash = (clips: Clip[], said?: string) =>
    change.mutate(
      { ids: ids(clips), trash: true },
      {
        onSuccess: () =>
          toast(
            said ?? t('toast.trashed', { count: clips.length }),
            undo(() => change.mutate({ ids: ids(clips), trash: false })),
          ),
      },
    );

  const restore = (clips: Clip[]) =>
    change.mutate(
      { ids: ids(clips), trash: false },
      { onSuccess: () => toast(t('toast.restored', { count: clips.length })) },
    );

  const move = (clips: Clip[], project: { id: string; name: string } | null) =>
    change.mutate(
      { ids: ids(clips), project_id: project?.id ?? null },
      {
        onSuccess: () =>
          toast(
            t(project ? 'toast.moved' : 'toast.taken', { count: clips.length, project: project?.name }),
            undo(() => clips.forEach((clip) => change.mutate({ ids: [clip.id], project_id: clip.project_id }))),
          ),
      },
    );

  const forever = useMutation({
    mutationFn: async (clips: Clip[]) => {
      for (const clip of clips) {
        const params = { path: { clip_id: clip.id }, query: { forever: true } };
        await call(api.DELETE('/v1/library/{clip_id}', { params }));
      }
    },
    onSettled: renew,
    onError: (error) => toast(told(error), { tone: 'bad' }),
  });

  const tags = useMutation({
    mutationFn: ({ clip, names }: { clip: Clip; names: string[] }) =>
      call(api.PATCH('/v1/library/{clip_id}', { params: { path: { clip_id: clip.id } }, body: { tags: names } })),
    onSettled: renew,
    onError: (error) => toast(told(error), { tone: 'bad' }),
  });

  const zip = useMutation({
    mutationFn: async (clips: Clip[]) =>
      save(await call<Blob>(api.POST('/v1/library/zip', { body: { ids: ids(clips) }, parseAs: 'blob' }) as never)),
    onError: (error) => toast(told(error), { tone: 'bad' }),
  });

  return { favourite, trash, restore, move, forever, tags, zip, busy: change.isPending };
}

export type ClipActions = ReturnType<typeof useClipActions>;

/** Through the browser's own download, so that a large file does not pass through the page's memory. */
export function download(clip: Clip): void {
  const link = document.createElement('a');
  link.href = address(`/v1/library/${clip.id}/content`);
  link.download = '';
  link.click();
}

function save(file: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = 'clips.zip';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const ids = (clips: Clip[]) => clips.map((clip) => clip.id);
