import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDebouncedValue } from '@mantine/hooks';
import { api, call } from '../api/client';
import { language } from '../words';
import { MAX_PROMPT } from './form';

const TYPING_MS = 150;

/** How the model (the server's default one if it is not said) reads the prompt, while it is typed; in the page's language. */
export function useReading(prompt: string, model = '') {
  const [settled] = useDebouncedValue(prompt.slice(0, MAX_PROMPT), TYPING_MS);
  const asked = useQuery({
    queryKey: ['reading', settled, language(), model],
    enabled: settled.trim() !== '',
    queryFn: ({ signal }) =>
      call(api.POST('/v1/reading', { body: { prompt: settled, language: language(), model }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  return settled.trim() ? asked.data : undefined;
}
