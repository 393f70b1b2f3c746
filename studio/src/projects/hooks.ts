// What can be done with projects.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, call, told } from '../api/client';
import type { Project } from '../api/types';
import { useToast } from '../parts/toast';

export function useProject(id: string) {
  return useQuery({
    queryKey: ['library', 'project', id],
    queryFn: () => call(api.GET('/v1/library/projects/{project_id}', { params: { path: { project_id: id } } })),
  });
}

export function useProjectActions() {
  const { t } = useTranslation('library');
  const toast = useToast();
  const cache = useQueryClient();
  const settled = {
    onSettled: () => {
      void cache.invalidateQueries({ queryKey: ['library'] });
      void cache.invalidateQueries({ queryKey: ['projects'] });
    },
    onError: (error: unknown) => toast(told(error), { tone: 'bad' }),
  };

  const create = useMutation({
    mutationFn: (name: string) => call(api.POST('/v1/library/projects', { body: { name } })),
    ...settled,
  });
  const rename = useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      call(api.PATCH('/v1/library/projects/{project_id}', { params: { path: { project_id: id } }, body: { name } })),
    ...settled,
  });
  const restore = useMutation({
    mutationFn: ({ id }: Project) =>
      call(api.POST('/v1/library/projects/{project_id}/restore', { params: { path: { project_id: id } } })),
    onSuccess: (_, { name }) => toast(t('projects.restored', { name })),
    ...settled,
  });
  const trash = useMutation({
    mutationFn: ({ id }: Project) =>
      call(api.DELETE('/v1/library/projects/{project_id}', { params: { path: { project_id: id } } })),
    onSuccess: (_, project) =>
      toast(t('projects.trashed', { name: project.name }), {
        action: { label: t('undo'), run: () => restore.mutate(project) },
      }),
    ...settled,
  });
  return { create, rename, trash, restore };
}
