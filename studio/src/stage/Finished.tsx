// What has ended, newest first. Every card has the same size; one that needs an answer says so in its place.

import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Clip } from '../api/types';
import { ClipCard } from '../library/ClipCard';
import { local } from '../library/files';
import css from './finished.module.css';
import type { Take } from './jobs';
import { TakePicture } from './Picture';
import { useScreen } from './screen';

interface Props {
  takes: Take[];
  clips: ReadonlyMap<string, Clip>;
  shown: string | undefined;
}

export function Finished({ takes, clips, shown }: Props) {
  const { t } = useTranslation('stage');
  return (
    <section className={css.finished} aria-labelledby="finished">
      <header className="head">
        <h2 id="finished">{t('finished')}</h2>
        <span className="grow" />
        <Link to="/library" className="label">
          {t('openLibrary')}
        </Link>
      </header>
      {takes.length ? (
        <ul className={css.grid}>
          {takes.map((take) => (
            <li key={take.id}>
              <Card take={take} clips={clips} shown={take.id === shown} />
            </li>
          ))}
        </ul>
      ) : (
        <p className={css.none}>{t('nothingFinished')}</p>
      )}
    </section>
  );
}

function Card({ take, clips, shown }: { take: Take; clips: ReadonlyMap<string, Clip>; shown: boolean }) {
  const { t } = useTranslation('stage');
  const choose = useScreen((screen) => screen.choose);
  const good = take.videos.filter((video) => video.clip_id && clips.has(video.clip_id));
  const [video] = take.videos;
  const onOpen = () => choose(take.id);
  if (take.videos.length === 1 && good.length) {
    return <ClipCard clip={clips.get(video.clip_id!)!} on={shown} onOpen={onOpen} draft={video.draft} />;
  }
  const words =
    good.length > 1
      ? t('group.title')
      : t(video.state === 'cancelled' ? 'cancelled' : video.state === 'failed' ? 'failed.title' : 'done');
  return (
    <button type="button" className={css.card} data-on={shown || undefined} onClick={onOpen}>
      <span className={css.picture}>
        {good.length > 1 ? (
          <span className={css.four}>
            {good.slice(0, 4).map((one) => (
              <img key={one.id} src={local(one.thumbnail_url)} alt="" />
            ))}
          </span>
        ) : (
          <TakePicture video={video} small />
        )}
      </span>
      <span className={css.name}>{video.prompt}</span>
      <span
        className={css.meta}
        data-bad={video.state === 'failed' || undefined}
        data-ask={good.length > 1 || undefined}
      >
        {words}
      </span>
    </button>
  );
}
