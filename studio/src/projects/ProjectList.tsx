// All projects, each with what its newest clips look like; those in the trash below.

import { Menu } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconFolder, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { told } from '../api/client';
import type { Project } from '../api/types';
import { local } from '../library/files';
import { Empty } from '../library/Found';
import { useProjects } from '../library/hooks';
import { Button } from '../parts/Button';
import { MoreMenu } from '../parts/MoreMenu';
import { PageHead } from '../parts/PageHead';
import { moment } from '../parts/time';
import { language } from '../words';
import { useProjectActions } from './hooks';
import { NameForm } from './NameForm';
import css from './projects.module.css';

export function ProjectList() {
  const { t } = useTranslation('library');
  useDocumentTitle(`${t('projects.title')} · Vitascope`);
  const projects = useProjects();
  const trashed = useProjects(true).data?.data ?? [];
  const { create, restore } = useProjectActions();
  const [naming, setNaming] = useState(false);
  const found = projects.data?.data ?? [];
  return (
    <main className={css.page}>
      <PageHead title={t('projects.title')}>
        <Button icon={<IconPlus size={16} stroke={2} aria-hidden />} kind="fill" onClick={() => setNaming(true)}>
          {t('projects.new')}
        </Button>
      </PageHead>
      {naming && (
        <NameForm
          action={t('projects.create')}
          busy={create.isPending}
          onName={(name) => create.mutate(name, { onSuccess: () => setNaming(false) })}
          onCancel={() => setNaming(false)}
        />
      )}
      {projects.isPending && <p className={css.quiet}>{t('projects.loading')}</p>}
      {projects.isError && (
        <div className="empty" role="alert">
          <h2>{t('projects.failed')}</h2>
          <p>{told(projects.error)}</p>
          <Button onClick={() => void projects.refetch()}>{t('again')}</Button>
        </div>
      )}
      {projects.isSuccess && !found.length && !naming && (
        <Empty title={t('projects.empty')} text={t('projects.emptyText')} />
      )}
      <ul className={css.grid}>
        {found.map((project) => (
          <li key={project.id}>
            <Card project={project} />
          </li>
        ))}
      </ul>
      {trashed.length > 0 && (
        <section aria-labelledby="trashed" className={css.trash}>
          <h2 id="trashed">{t('projects.inTrash')}</h2>
          <ul>
            {trashed.map((project) => (
              <li key={project.id}>
                <IconFolder size={18} stroke={1.7} aria-hidden />
                <span>{project.name}</span>
                <span className={css.quiet}>{t('count', { count: project.clips })}</span>
                <Button small disabled={restore.isPending} onClick={() => restore.mutate(project)}>
                  {t('projects.restore')}
                </Button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </main>
  );
}

function Card({ project }: { project: Project }) {
  const { t } = useTranslation('library');
  const { rename, trash } = useProjectActions();
  const [naming, setNaming] = useState(false);
  const covers = project.covers ?? [];
  return (
    <article className={css.card}>
      <Link to={`/projects/${project.id}`} className={css.cover} aria-label={project.name} data-count={covers.length}>
        {covers.length ? (
          covers.slice(0, 4).map((url) => <img key={url} src={local(url)} alt="" loading="lazy" />)
        ) : (
          <IconFolder size={34} stroke={1.3} aria-hidden />
        )}
      </Link>
      {naming ? (
        <NameForm
          name={project.name}
          action={t('projects.save')}
          busy={rename.isPending}
          onName={(name) => rename.mutate({ id: project.id, name }, { onSuccess: () => setNaming(false) })}
          onCancel={() => setNaming(false)}
        />
      ) : (
        <div className={css.line}>
          <div>
            <h2>
              <Link to={`/projects/${project.id}`}>{project.name}</Link>
            </h2>
            <p className={css.quiet}>
              {project.clips ? t('count', { count: project.clips }) : t('projects.noClips')} ·{' '}
              {t('projects.created', { when: moment(project.created_at, language(), 'date') })}
            </p>
          </div>
          <MoreMenu label={t('projects.more', { name: project.name })}>
            <Menu.Item onClick={() => setNaming(true)}>{t('projects.rename')}</Menu.Item>
            <Menu.Item onClick={() => trash.mutate(project)}>{t('projects.trash')}</Menu.Item>
          </MoreMenu>
        </div>
      )}
    </article>
  );
}
