// One press makes a still of the prompt, which then lies in the form as the picture that the clip starts from. A still is
// soon made and cheap to throw away; the clip itself is ordered when it looks right.
import { IconPhotoUp } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, told } from '../api/client';
import { useCredits, useVideo } from '../api/hooks';
import { frameUrl } from '../library/form';
import { useChoose, useModels } from '../models/hooks';
import { nameOf, shortName, takes, type Model } from '../models/takes';
import { Button } from '../parts/Button';
import { figure } from '../parts/time';
import { toast } from '../parts/toast';
import { aspectFor, missing } from './ask';
import { EMPTY, useForm } from './form';
import { longest } from './format';
import css from './make.module.css';
import { useSend } from './send';
import { sizeOf } from './shapes';
import { useQuote } from './useQuote';

/** The model that makes the still and the one that animates it: the one in use as far as it can, then one that is made
 * for stills alone.
 */
export function pairOf(cards: readonly Model[], used: Model | undefined): { still: Model; film: Model } | null {
  const order = [...cards].sort((a, b) => rank(b, used) - rank(a, used));
  const stills = order.filter((card) => takes(card, 'still'));
  const still = stills.find((card) => card === used) ?? stills.find((card) => !longest(card.format)) ?? stills[0];
  const film = order.find((card) => takes(card, 'image'));
  return still && film ? { still, film } : null;
}

/** The one in use first, then those that a worker serves and that have a price, then the server's own choice. */
function rank(card: Model, used: Model | undefined): number {
  if (card === used) return 4;
  return (card.served ? 2 : 0) + (card.price ? 1 : 0) + (card.default ? 0.5 : 0);
}

export function StillFirst({ onJump }: { onJump: (field: string) => void }) {
  const { t } = useTranslation('make');
  const form = useForm();
  const { cards, used } = useModels();
  const pair = pairOf(cards, used);
  const counted = useCredits().data?.on ?? true;
  const choose = useChoose();
  const { send, sending, error } = useSend();
  const asked = {
    ...form,
    mode: 'still' as const,
    model: pair ? nameOf(pair.still) : '',
    aspect: pair ? aspectFor(form, pair.film) : form.aspect,
    remixOf: null,
    n: 1,
    draft: false,
  };
  const { quote, fresh } = useQuote({ ...asked, prompt: '.' }, pair?.still); // words change no price
  const wanted = form.mode === 'text' || form.mode === 'still' || (form.mode === 'image' && !form.image);
  if (!pair || !wanted || form.still || (counted && !pair.still.price)) return null;

  const make = async () => {
    const gap = missing(asked, pair.still);
    if (gap) return onJump(gap.field);
    const video = await send(asked, pair.still, counted && quote ? quote.credits : null);
    if (!video) return;
    if (pair.film !== used) choose(pair.film, new Map());
    form.fill({ mode: 'image', image: null, still: video.id, remixOf: null });
  };
  return (
    <div className={css.stillFirst}>
      <Button
        icon={<IconPhotoUp size={17} stroke={1.7} aria-hidden />}
        disabled={sending || (counted && (!quote || !fresh))}
        onClick={() => void make()}
      >
        {t('still.make')}
        {counted && quote && ` · ${t('generate.credits', { count: Number(figure(quote.credits)) })}`}
      </Button>
      <span className="cap" role={error ? 'alert' : undefined} data-bad={error ? true : undefined}>
        {error
          ? told(error)
          : pair.still === pair.film
            ? t('still.note')
            : t('still.noteTwo', { still: shortName(pair.still), film: shortName(pair.film) })}
      </span>
    </div>
  );
}

/** Puts a still that was made for it into the form. Mounted once, in the composer. */
export function useStill() {
  const { t } = useTranslation('make');
  const id = useForm((form) => form.still);
  const { data: video, error } = useVideo(id ?? undefined);
  useEffect(() => {
    const { still, fill, prompt } = useForm.getState();
    if (!still) return;
    if (error instanceof ApiError && error.status === 404) return fill({ still: EMPTY.still });
    if (video?.id !== still) return;
    if (video.state === 'succeeded' && video.clip_id) {
      const clip = { id: video.clip_id };
      const image = { clipId: clip.id, at: 'first' as const, url: frameUrl(clip, 'first'), fps: video.fps };
      fill({ still: null, image: { ...image, ...sizeOf(video.size), name: prompt } });
      toast(t('still.there'));
    } else if (video.state === 'failed' || video.state === 'cancelled') {
      fill({ still: null });
      toast(t(video.state === 'failed' ? 'still.failed' : 'still.cancelled'), { tone: 'bad' });
    }
  }, [video, error, t]);
}
