// Who speaks for a character, with a sentence to hear. Nothing is kept of what is heard.
import { Select, Slider } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ApiError, call, told } from '../../api/client';
import { address } from '../../api/root';
import { Button } from '../../parts/Button';
import { useToast } from '../../parts/toast';
import { inOrder } from '../document';
import type { Film } from '../edits';
import type { Member } from '../types';
import css from './cast.module.css';

export function VoicePicker({ here, id, member }: { here: Film; id: string; member: Member }) {
  const { t } = useTranslation('films');
  const { film, change } = here;
  const toast = useToast();
  const playing = useRef<HTMLAudioElement | null>(null);
  const field = useId();
  const voices = useQuery({
    queryKey: ['voices'],
    queryFn: () => call(api.GET('/v1/voices')),
    staleTime: 60_000,
  }).data;
  const { engine = '', name = '', speed = 1 } = member.voice ?? {};
  const language = film.document.language ?? 'en';
  const fitting = (voices?.data ?? []).filter(
    (one) => !one.language || one.language.split('-')[0] === language.split('-')[0] || one.name === name,
  );
  const chosen = engine || name ? `${engine}/${name}` : '';
  const said =
    inOrder(film.document)
      .flatMap(({ shot }) => shot.lines ?? [])
      .find((line) => line.speaker === id && line.text)?.text ?? t('cast.sample');
  const hear = useMutation({
    mutationFn: async () => {
      const body = JSON.stringify({ text: said.slice(0, 300), engine, voice: name, speed, language });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(address('/v1/speech'), {
        method: 'POST',
        credentials: 'same-origin',
        headers,
        body,
      });
      if (!answer.ok) {
        const { error } = (await answer.json().catch(() => ({}))) as { error?: { message?: string; hint?: string } };
        throw new ApiError(answer.status, '', error?.message ?? String(answer.status), error?.hint ?? '');
      }
      return URL.createObjectURL(await answer.blob());
    },
    onSuccess: (url) => {
      playing.current?.pause();
      playing.current = new Audio(url);
      playing.current.onended = () => URL.revokeObjectURL(url);
      void playing.current.play();
    },
    onError: (error) => toast(told(error), { tone: 'bad' }),
  });
  useEffect(() => () => playing.current?.pause(), []);
  const set = (voice: Member['voice']) => change({ cast: { [id]: { voice } } });
  return (
    <div className={css.voice}>
      <Select
        label={t('field.voice')}
        allowDeselect={false}
        value={chosen}
        onChange={(value) => {
          const one = fitting.find((voice) => `${voice.engine}/${voice.name}` === value);
          set({ engine: one?.engine ?? '', name: one?.name ?? '', speed });
        }}
        data={[
          { value: '', label: t('cast.firstVoice') },
          ...fitting.map((voice) => ({
            value: `${voice.engine}/${voice.name}`,
            label: [
              voice.title,
              voice.language,
              voice.sends_to && t('cast.sendsTo', { host: voice.sends_to }),
              voice.usd_per_million !== null && t('cast.costs', { dollars: voice.usd_per_million / 1000 }),
            ]
              .filter(Boolean)
              .join(' · '),
          })),
        ]}
      />
      <div className={css.speed}>
        <span id={field}>{t('cast.speed', { speed })}</span>
        <Slider
          thumbProps={{ 'aria-labelledby': field }}
          min={0.5}
          max={2}
          step={0.05}
          label={null}
          defaultValue={speed}
          onChangeEnd={(value) => set({ engine, name, speed: Math.round(value * 100) / 100 })}
        />
      </div>
      <Button
        icon={<IconPlayerPlay size={15} stroke={1.8} aria-hidden />}
        disabled={hear.isPending || !voices?.data.length}
        onClick={() => hear.mutate()}
      >
        {t(hear.isPending ? 'cast.speaking' : 'cast.hear')}
      </Button>
      {voices?.hint && <p>{voices.hint}</p>}
    </div>
  );
}
