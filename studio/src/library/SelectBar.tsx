// What can be done with all clips that are selected.

import { Menu, Modal } from '@mantine/core';
import { IconFileZip, IconFolder, IconHeart, IconRestore, IconTrash, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Clip } from '../api/types';
import { Button, IconButton } from '../parts/Button';
import { useClipActions } from './actions';
import { useProjects } from './hooks';
import css from './library.module.css';
import { useMarks } from './marks';

const ICON = { size: 16, stroke: 1.8, 'aria-hidden': true } as const;

export function SelectBar({ shown, trashed }: { shown: Clip[]; trashed: boolean }) {
  const { t } = useTranslation('library');
  const { chosen, chooseAll, none } = useMarks();
  const { favourite, trash, restore, move, zip } = useClipActions();
  const projects = useProjects().data?.data ?? [];
  const clips = [...chosen.values()];
  if (!clips.length) return null;
  const then = (act: (clips: Clip[]) => void) => () => {
    act(clips);
    none();
  };
  const allLoved = clips.every((clip) => clip.favourite);
  return (
    <div className={css.bar} role="toolbar" aria-label={t('select.bar')}>
      <b role="status">{t('select.count', { count: clips.length })}</b>
      {clips.length < shown.length && (
        <button type="button" className={css.link} onClick={() => chooseAll(shown)}>
          {t('select.all')}
        </button>
      )}
      <span className={css.grow} />
      {trashed ? (
        <>
          <Button small icon={<IconRestore {...ICON} />} onClick={then(restore)}>
            {t('action.restore')}
          </Button>
          <Forever clips={clips} onDone={none} />
        </>
      ) : (
        <>
          <Button small icon={<IconFileZip {...ICON} />} disabled={zip.isPending} onClick={() => zip.mutate(clips)}>
            {t(zip.isPending ? 'select.zipping' : 'select.zip')}
          </Button>
          {projects.length > 0 && (
            <Menu position="top-end" width={220}>
              <Menu.Target>
                <button type="button" className="button" data-small>
                  <IconFolder {...ICON} />
                  {t('action.move')}
                </button>
              </Menu.Target>
              <Menu.Dropdown mah={320} style={{ overflowY: 'auto' }}>
                {projects.map((project) => (
                  <Menu.Item key={project.id} onClick={then((all) => move(all, project))}>
                    {project.name}
                  </Menu.Item>
                ))}
                <Menu.Item onClick={then((all) => move(all, null))}>{t('action.takeOut')}</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
          <Button small icon={<IconHeart {...ICON} />} onClick={() => favourite(clips, !allLoved)}>
            {t(allLoved ? 'action.unfavourite' : 'action.favourite')}
          </Button>
          <Button small icon={<IconTrash {...ICON} />} onClick={then((all) => trash(all))}>
            {t('show.trash')}
          </Button>
        </>
      )}
      <IconButton small label={t('select.none')} onClick={none}>
        <IconX {...ICON} />
      </IconButton>
    </div>
  );
}

/** The one thing here that cannot be undone, so it asks. */
export function Forever({ clips, onDone }: { clips: Clip[]; onDone?: () => void }) {
  const { t } = useTranslation('library');
  const { forever } = useClipActions();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button small kind="bad" icon={<IconTrash {...ICON} />} onClick={() => setOpen(true)}>
        {t('action.forever')}
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={t('forever.title', { count: clips.length })} centered>
        <p>{t('forever.text')}</p>
        <div className={css.choices}>
          <Button onClick={() => setOpen(false)}>{t('forever.no')}</Button>
          <Button
            kind="bad"
            disabled={forever.isPending}
            onClick={() =>
              forever.mutate(clips, {
                onSuccess: () => {
                  setOpen(false);
                  onDone?.();
                },
              })
            }
          >
            {t('forever.yes')}
          </Button>
        </div>
      </Modal>
    </>
  );
}
