// What can be done with one clip, as buttons and a menu; the same on the screen and in the inspector.

import { Menu } from '@mantine/core';
import {
  IconArrowBigRight,
  IconColumns2,
  IconCopy,
  IconDots,
  IconDownload,
  IconFolder,
  IconFolderOff,
  IconMovie,
  IconPhoto,
  IconSwitchHorizontal,
  IconTrash,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { Clip } from '../api/types';
import { Button, IconButton } from '../parts/Button';
import { useToast } from '../parts/toast';
import { download, useClipActions } from './actions';
import { useClipGo } from './go';
import { useProjects } from './hooks';
import { useMarks } from './marks';

interface Props {
  clip: Clip;
  time?: number; // where its player is: the frame that "use this frame" takes
  fill?: boolean; // its first button is the amber one of this view
  few?: boolean; // there is room for icons only
}

const ICON = { size: 17, stroke: 1.8, 'aria-hidden': true } as const;

export function ClipButtons({ clip, time = 0, fill, few }: Props) {
  const { t } = useTranslation('library');
  const go = useClipGo();
  const named = (label: string, icon: React.ReactNode, onClick: () => void, kind?: 'fill') =>
    few ? (
      <IconButton kind="plain" label={label} onClick={onClick}>
        {icon}
      </IconButton>
    ) : (
      <Button kind={kind} icon={icon} onClick={onClick}>
        {label}
      </Button>
    );
  return (
    <>
      {named(
        t('action.remix'),
        <IconSwitchHorizontal {...ICON} />,
        () => void go.remix(clip),
        fill ? 'fill' : undefined,
      )}
      {clip.seconds > 0 && named(t('action.extend'), <IconArrowBigRight {...ICON} />, () => go.extend(clip))}
      <IconButton kind="plain" label={t('action.lastFrame')} onClick={() => go.frame(clip)}>
        <IconPhoto {...ICON} />
      </IconButton>
      <IconButton kind="plain" label={t('action.download')} onClick={() => download(clip)}>
        <IconDownload {...ICON} />
      </IconButton>
      <More clip={clip} time={time} />
    </>
  );
}

function More({ clip, time }: { clip: Clip; time: number }) {
  const { t } = useTranslation('library');
  const toast = useToast();
  const navigate = useNavigate();
  const { move, trash } = useClipActions();
  const { pair, mark } = useMarks();
  const go = useClipGo();
  const projects = useProjects().data?.data ?? [];
  const marked = pair.some((one) => one.id === clip.id);
  const copy = () =>
    navigator.clipboard
      .writeText(clip.prompt)
      .then(() => toast(t('toast.copied')))
      .catch(() => toast(t('toast.notCopied'), { tone: 'bad' }));
  return (
    <Menu position="bottom-end" width={230} withinPortal>
      <Menu.Target>
        <button type="button" className="button" data-icon aria-label={t('action.more')} title={t('action.more')}>
          <IconDots {...ICON} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {clip.seconds > 0 && (
          <Menu.Item leftSection={<IconPhoto {...ICON} />} onClick={() => go.frame(clip, Number(time.toFixed(2)))}>
            {t('action.thisFrame')}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconColumns2 {...ICON} />} onClick={() => mark(clip)}>
          {t(marked ? 'action.uncompare' : 'action.compare')}
        </Menu.Item>
        <Menu.Item leftSection={<IconCopy {...ICON} />} onClick={() => void copy()}>
          {t('action.copyPrompt')}
        </Menu.Item>
        <Menu.Item leftSection={<IconMovie {...ICON} />} onClick={() => void navigate(`/library/${clip.id}`)}>
          {t('action.open')}
        </Menu.Item>
        {(projects.length > 0 || clip.project_id) && <Menu.Divider />}
        {projects
          .filter((project) => project.id !== clip.project_id)
          .slice(0, 8)
          .map((project) => (
            <Menu.Item key={project.id} leftSection={<IconFolder {...ICON} />} onClick={() => move([clip], project)}>
              {project.name}
            </Menu.Item>
          ))}
        {clip.project_id && (
          <Menu.Item leftSection={<IconFolderOff {...ICON} />} onClick={() => move([clip], null)}>
            {t('action.takeOut')}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item leftSection={<IconTrash {...ICON} />} onClick={() => trash([clip])}>
          {t('action.trash')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
