import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDebouncedValue } from '@mantine/hooks';
import { api, call } from '../api/client';
import { MAX_PROMPT } from './form';

const TYPING_MS = 150;

/** How the model reads the prompt, while it is typed. */
export function useReading(prompt: string) {
  const [settled] = useDebouncedValue(prompt.slice(0, MAX_PROMPT), TYPING_MS);
  const asked = useQuery({
    queryKey: ['reading', settled],
    enabled: settled.trim() !== '',
    queryFn: ({ signal }) => call(api.POST('/v1/reading', { body: { prompt: settled }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  return settled.trim() ? asked.data : undefined;
}
