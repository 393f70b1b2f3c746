// One project: its clips, newest first, and the way to make more of them.

import { useDocumentTitle } from '@mantine/hooks';
import { IconChevronLeft, IconPlus } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { told } from '../api/client';
import { Empty } from '../library/Found';
import { Grid } from '../library/Grid';
import { nextOf, useClips } from '../library/hooks';
import { useMarks } from '../library/marks';
import { EVERYTHING } from '../library/query';
import { SelectBar } from '../library/SelectBar';
import { useForm } from '../make/form';
import { Button } from '../parts/Button';
import { PageHead } from '../parts/PageHead';
import { useShortcut } from '../shell/shortcuts';
import { useProject, useProjectActions } from './hooks';
import { NameForm } from './NameForm';
import css from './projects.module.css';

export function ProjectView({ id }: { id: string }) {
  const { t } = useTranslation('library');
  const navigate = useNavigate();
  const project = useProject(id);
  useDocumentTitle(`${project.data?.name ?? t('projects.title')} · Vitascope`);
  const clips = useClips(useMemo(() => ({ ...EVERYTHING, project: id }), [id]));
  const shown = useMemo(() => clips.data?.pages.flatMap((page) => page.data) ?? [], [clips.data]);
  const { rename, trash } = useProjectActions();
  const [naming, setNaming] = useState(false);
  const none = useMarks((marks) => marks.none);
  useShortcut('esc', none, '');
  const make = () => {
    useForm.getState().fill({ projectId: id });
    void navigate('/');
  };
  if (project.isError) {
    return (
      <main className={css.page}>
        <div className="empty" role="alert">
          <h1>{t('projects.gone')}</h1>
          <p>{told(project.error)}</p>
          <Link to="/projects" className="button">
            {t('projects.all')}
          </Link>
        </div>
      </main>
    );
  }
  return (
    <main className={css.page}>
      <Link to="/projects" className={css.back}>
        <IconChevronLeft size={16} stroke={1.9} aria-hidden />
        {t('projects.all')}
      </Link>
      <PageHead title={project.data?.name ?? '…'} meta={project.data && t('count', { count: project.data.clips })}>
        <Button onClick={() => setNaming(true)}>{t('projects.rename')}</Button>
        <Button
          onClick={() => project.data && trash.mutate(project.data, { onSuccess: () => void navigate('/projects') })}
        >
          {t('projects.trash')}
        </Button>
        <Button kind="fill" icon={<IconPlus size={16} stroke={2} aria-hidden />} onClick={make}>
          {t('projects.makeHere')}
        </Button>
      </PageHead>
      {naming && project.data && (
        <NameForm
          name={project.data.name}
          action={t('projects.save')}
          busy={rename.isPending}
          onName={(name) => rename.mutate({ id, name }, { onSuccess: () => setNaming(false) })}
          onCancel={() => setNaming(false)}
        />
      )}
      {clips.isSuccess && !shown.length && (
        <Empty title={t('projects.emptyProject')} text={t('projects.emptyProjectText')} />
      )}
      <Grid
        clips={shown}
        total={clips.hasNextPage ? project.data?.clips : undefined}
        onMore={nextOf(clips)}
        onOpen={(clip) => void navigate(`/library/${clip.id}?project=${id}`)}
      />
      <SelectBar shown={shown} trashed={false} />
    </main>
  );
}
