// Everything about one clip: it plays, what can be done with it, where it comes from, how good it is, how it was made.

import { IconRestore, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, told } from '../api/client';
import type { Clip } from '../api/types';
import { Button, IconButton } from '../parts/Button';
import { Tag } from '../parts/Tag';
import { moment, tenths } from '../parts/time';
import { language } from '../words';
import { useClipActions } from './actions';
import { ClipButtons } from './ClipButtons';
import { Heart } from './Heart';
import { useClip } from './hooks';
import css from './inspector.module.css';
import { usePlayKeys } from './keys';
import { LineageTree } from './LineageTree';
import { Player } from './Player';
import { usePlaying } from './player';
import { RecipePart } from './RecipePart';
import { ScoreCard } from './ScoreCard';
import { Forever } from './SelectBar';

interface Props {
  id: string;
  known?: Clip; // from the grid, until the clip itself is asked
  keys: boolean; // Space and the arrows are for this player
  onClose: () => void;
}

export function Inspector({ id, known, keys, onClose }: Props) {
  const { t } = useTranslation('library');
  const asked = useClip(id);
  const clip = asked.data ?? known;
  if (!clip && asked.isError) {
    const gone = asked.error instanceof ApiError && asked.error.status === 404;
    return (
      <div className="empty" role="alert">
        <h2>{gone ? t('inspector.gone') : t('failed')}</h2>
        <p>{gone ? t('inspector.goneText') : told(asked.error)}</p>
        <Button onClick={onClose}>{t('inspector.back')}</Button>
      </div>
    );
  }
  return (
    <>
      <IconButton
        small
        label={t('inspector.close')}
        onClick={onClose}
        style={{ position: 'absolute', top: 10, right: 10 }}
      >
        <IconX size={17} stroke={1.8} aria-hidden />
      </IconButton>
      {clip && <Body clip={clip} keys={keys} onClose={onClose} />}
    </>
  );
}

function Body({ clip, keys, onClose }: { clip: Clip; keys: boolean; onClose: () => void }) {
  const { t } = useTranslation('library');
  const { restore } = useClipActions();
  const playing = usePlaying(clip.id, clip.fps, clip.seconds);
  usePlayKeys(playing, keys && clip.seconds > 0);
  return (
    <div className={css.inspector}>
      <div className={css.picture} style={{ aspectRatio: clip.width >= clip.height ? clip.width / clip.height : 1 }}>
        <Player clip={clip} playing={playing}>
          {!clip.trashed_at && <Heart clip={clip} />}
        </Player>
      </div>
      <h2 className={css.title}>{clip.prompt}</h2>
      <div className={css.tags}>
        <Tag>{clip.aspect ?? clip.size}</Tag>
        <Tag>{clip.seconds ? tenths(clip.seconds, language()) : t('card.still')}</Tag>
        {clip.seed !== null && <Tag>{t('card.seed', { seed: clip.seed })}</Tag>}
        {clip.relation && (
          <Tag>{t(`relation.${clip.relation}` as 'relation.remix', { defaultValue: clip.relation })}</Tag>
        )}
        {clip.defects.map((defect) => (
          <Tag key={defect.kind} tone="info">
            {t('card.broken')}
          </Tag>
        ))}
      </div>
      {clip.trashed_at ? (
        <div className={css.actions}>
          <p className={css.quiet}>{t('inspector.trashed', { when: moment(clip.trashed_at, language(), 'date') })}</p>
          <Button small icon={<IconRestore size={16} stroke={1.8} aria-hidden />} onClick={() => restore([clip])}>
            {t('action.restore')}
          </Button>
          <Forever clips={[clip]} onDone={onClose} />
        </div>
      ) : (
        <div className={css.actions}>
          <ClipButtons clip={clip} time={playing.time} fill />
        </div>
      )}
      {clip.warnings.map((warning) => (
        <p key={warning.kind} className={css.quiet}>
          {t(`warning.${warning.kind}` as 'warning.black', { defaultValue: warning.message })}
        </p>
      ))}
      {clip.outside && <p className={css.quiet}>{t('outside')}</p>}
      <LineageTree clip={clip} />
      <ScoreCard clip={clip} />
      <Tags clip={clip} />
      <RecipePart clip={clip} />
    </div>
  );
}

function Tags({ clip }: { clip: Clip }) {
  const { t } = useTranslation('library');
  const { tags } = useClipActions();
  const [text, setText] = useState('');
  const put = (names: string[]) => tags.mutate({ clip, names });
  const add = (event: React.FormEvent) => {
    event.preventDefault();
    const name = text.trim();
    if (name && !clip.tags.includes(name)) put([...clip.tags, name]);
    setText('');
  };
  return (
    <section className={css.part} aria-labelledby="tags">
      <header>
        <h3 id="tags">{t('tags.title')}</h3>
      </header>
      <form className={css.tags} onSubmit={add}>
        {clip.tags.map((name) => (
          <span key={name} className="tag">
            <span>{name}</span>
            <button
              type="button"
              className={css.less}
              aria-label={t('tags.remove', { tag: name })}
              onClick={() => put(clip.tags.filter((one) => one !== name))}
            >
              <IconX size={13} stroke={2} aria-hidden />
            </button>
          </span>
        ))}
        <input
          className={css.add}
          value={text}
          maxLength={60}
          placeholder={t('tags.add')}
          aria-label={t('tags.add')}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </section>
  );
}
